import { render } from "preact";
import uPlot from "uplot";

const root = document.getElementById("page");
if (root) render(<main>{uPlot.fmtNum(1)}</main>, root);
