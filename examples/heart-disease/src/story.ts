import { audit } from './chapters/audit.js';
import { chooseCast, type Story } from './chapters/cast.js';
import { registerData } from './chapters/data.js';
import { disclose } from './chapters/disclosure.js';
import { infer } from './chapters/inferences.js';
import { recall } from './chapters/recall.js';
import { allow, deploy, refuse } from './chapters/release.js';
import { rollBack } from './chapters/rollback.js';
import { traceDisputed } from './chapters/trace.js';
import { trainOnBoth, trainOnOwn } from './chapters/training.js';
import { several } from './narrator.js';

/** From the hospitals' files to a recall. */
export async function tellStory(story: Story, inferences: number): Promise<void> {
  const { tell, parties } = story;
  const cast = chooseCast(parties);
  const { vendor, sites } = cast;
  tell.say(
    `On the ${parties.target} ledger, channel ${parties.channel}; this run's records have ${story.run} in their names.`,
  );

  tell.chapter('Each hospital registers its data');
  const data = await registerData(story, cast);

  tell.chapter(`${vendor} trains a model, and may not run it`);
  const first = await trainOnOwn(story, cast, data);
  await refuse(story, cast, first);

  tell.chapter('An auditor commits to a plan, and attests what the counts bear');
  const firstAudit = await audit(story, cast, data, first);

  tell.chapter('What was missing is supplied, and the model runs at two hospitals');
  const firstRelease = await allow(story, cast, first, firstAudit);
  const before = await deploy(story, cast, first, firstRelease);

  tell.chapter(`A second version, trained on the data of ${several(2, 'hospital')}`);
  const second = await trainOnBoth(story, cast, data);
  const secondAudit = await audit(story, cast, data, second);
  const secondRelease = await allow(story, cast, second, secondAudit);
  const running = await deploy(story, cast, second, secondRelease, before);

  tell.chapter(`${several(inferences, 'inference')} with receipts`);
  const disputed = await infer(story, cast, data, second, inferences);

  tell.chapter('One output is disputed, and traced');
  await traceDisputed(story, cast, disputed, second, running);

  tell.chapter('A dataset is withdrawn, and recalled');
  await recall(story, cast, data, { first, second, running });

  tell.chapter('Both hospitals go back to the first version');
  await rollBack(story, cast, { first, firstRelease, running, disputed });

  tell.chapter('An inspector asks for disclosure');
  await disclose(story, cast, second);

  tell.chapter('The end');
  tell.say(`Everything is as it was told, at ${sites.join(' and ')} and at everybody else on the channel.`);
}
