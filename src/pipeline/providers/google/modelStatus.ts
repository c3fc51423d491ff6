import { z } from 'zod';

/** What an answer says of the model that gave it. Google tells nowhere else when a model will be gone. */
export const modelStatus = z.object({ retirementTime: z.string().nullish() }).nullish().catch(null);

/** Kept with the usage of a step, where `vidgenie doctor` finds it. */
export const retirementOf = (status: z.infer<typeof modelStatus>): { modelRetiresAt?: string } =>
  status?.retirementTime ? { modelRetiresAt: status.retirementTime } : {};
