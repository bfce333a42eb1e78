import { ElanusDurableObject, elanus } from 'elanus/workerd'

export { ElanusDurableObject }

interface Env {
  ELANUS: DurableObjectNamespace<ElanusDurableObject>
  /** `npx wrangler secret put ELANUS_TOKEN`; in development a line of the file `.dev.vars`. */
  ELANUS_TOKEN: string
}

export default elanus<Env>({ namespace: (env) => env.ELANUS, token: (env) => env.ELANUS_TOKEN })
