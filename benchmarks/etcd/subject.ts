/** One way to talk to etcd. */
export interface EtcdSubject {
  get(key: string): Promise<string | null | undefined>;
  put(key: string, value: string): Promise<unknown>;
  close(): unknown;
}

export interface EtcdEngine {
  readonly name: string;
  open(url: string): Promise<EtcdSubject>;
}
