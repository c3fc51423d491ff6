import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Description } from '../../../src/pipeline/providers/comfyui/description.ts';
import { readWorkflows, type Workflow, type WorkflowOf } from '../../../src/pipeline/providers/comfyui/workflows.ts';
import { temporaryDirectory } from '../temporary.ts';

const isOf = <Kind extends Description['kind']>(workflow: Workflow, kind: Kind): workflow is WorkflowOf<Kind> =>
  workflow.description.kind === kind;

/** The workflow of a kind in a folder, by default the sample that comes with VidGenie. */
export function sampleOf<Kind extends Description['kind']>(kind: Kind, folder: string | null = null): WorkflowOf<Kind> {
  const { workflows, problems } = readWorkflows({ workflows: folder });
  for (const workflow of workflows) if (isOf(workflow, kind)) return workflow;
  throw new Error(`no workflow makes a ${kind}: ${JSON.stringify(problems)}`);
}

/** A folder with a workflow that looks at up to three pictures. It scales the first one. */
export async function editingFolder(): Promise<string> {
  const folder = await temporaryDirectory();
  const { graph, description } = sampleOf('image');
  const load = (name: string) => ({ class_type: 'LoadImage', inputs: { image: name } });
  const scale = { upscale_method: 'lanczos', width: 512, height: 512, crop: 'center' };
  const edited = {
    ...graph,
    '5': {
      class_type: 'TextEncodeQwenImageEditPlus',
      inputs: {
        clip: ['2', 0],
        vae: ['3', 0],
        prompt: '%prompt%',
        image1: ['24', 0],
        image2: ['22', 0],
        image3: ['23', 0],
      },
    },
    '21': load('%image%'),
    '22': load('%image2%'),
    '23': load('%image3%'),
    '24': { class_type: 'ImageScale', inputs: { image: ['21', 0], ...scale } },
  };
  await writeFile(join(folder, 'edit.json'), JSON.stringify(edited));
  const sizes = { wide: { hd: '1664x928' }, tall: { hd: '928x1664' } };
  const described = { kind: 'image', output: description.output, sizes, references: 3, usdPerImage: 0.01 };
  await writeFile(join(folder, 'edit.vidgenie.json'), JSON.stringify(described));
  return folder;
}
