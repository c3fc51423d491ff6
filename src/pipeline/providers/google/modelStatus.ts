import { z } from 'zod';

/** The status of the model in its own answer. Google announces nowhere else when it will shut down a model. */
export const modelStatus = z.object({ retirementTime: z.string().nullish() }).nullish().catch(null);

/** Stored with the usage of a step, where `vidgenie doctor` finds it. */
export const retirementOf = (status: z.infer<typeof modelStatus>): { modelRetiresAt?: string } =>
  status?.retirementTime ? { modelRetiresAt: status.retirementTime } : {};
