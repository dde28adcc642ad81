/** Shared with the main thread where there is shared memory: may this statement begin, and shall it stop? */
export interface Control {
  begin(list: number): boolean;
  stops(id: number): boolean;
}
