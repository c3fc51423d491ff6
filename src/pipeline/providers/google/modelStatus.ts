import { z } from 'zod';

/** The status of the model in its own answer. Google tells nowhere else when a model will be shut down. */
export const modelStatus = z.object({ retirementTime: z.string().nullish() }).nullish().catch(null);

/** Kept with the usage of a step, where `vidgenie doctor` finds it. */
export const retirementOf = (status: z.infer<typeof modelStatus>): { modelRetiresAt?: string } =>
  status?.retirementTime ? { modelRetiresAt: status.retirementTime } : {};
