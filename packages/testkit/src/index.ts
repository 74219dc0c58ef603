export { pinToCpu } from "./affinity.ts";
export { makeCgroup } from "./cgroup.ts";
export {
  countingProgram,
  kernelTypeId,
  type CountingOptions,
  type CountingProgram,
} from "./counting-program.ts";
export { embeddedObjects, type EmbeddedObject } from "./embedded-objects.ts";
export { cachedFile, CLANG_PACKAGE, fixture, fixturePath, type FixtureOptions } from "./fixture.ts";
export { releaseFreeMemory } from "./free-memory.ts";
export { kernelTest, skipReason, type KernelNeeds } from "./kernel-test.ts";
export { PEER_PACKAGES, peerPath } from "./peer.ts";
export { assertNoLeaks } from "./leaks.ts";
export {
  PROBED_BASE,
  PROBED_COUNTER,
  PROBED_PLACE,
  probedProgram,
  withProbedProgram,
} from "./probed-program.ts";
export { programFixture, programFixturePath } from "./program-fixture.ts";
export { onRelease } from "./on-release.ts";
export {
  createRandom,
  randomProgram,
  randomSoup,
  type Random,
  type RandomProgramOptions,
} from "./random-program.ts";
export {
  perfProducer,
  ringProducer,
  runInThread,
  type Producer,
  type ProducerOptions,
} from "./record-producer.ts";
export { refusingKernel, sentenceOf, type Refusals } from "./refusing-kernel.ts";
export { riskyProgram, type RiskyProgram } from "./risky-program.ts";
export { sharedData, sharedDataMissing, sharedRows } from "./shared-data.ts";
