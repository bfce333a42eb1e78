// What is used of the runtime's own module; whoever writes a Worker has the whole of its types.
declare module 'cloudflare:workers' {
  export abstract class DurableObject<Env = unknown> {
    protected readonly ctx: { readonly storage: import('./hosts/durable-object/storage.js').ObjectStorage & { deleteAlarm(): Promise<void>; deleteAll(): Promise<void> } }
    protected readonly env: Env
    fetch?(request: Request): Response | Promise<Response>
    alarm?(): void | Promise<void>
    constructor(ctx: DurableObject['ctx'], env: Env)
  }
}
