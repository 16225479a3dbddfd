#include "commands/run_options.h"

#include <random>

namespace ingle {

ChatOptions ChatOptionsOf(const Settings& settings, uint64_t default_seed) {
  ChatOptions options;
  SamplingOptions& sampling = options.generate.sampling;
  sampling.temperature = settings.temp;
  sampling.top_k = settings.top_k;
  sampling.top_p = settings.top_p;
  sampling.min_p = settings.min_p;
  sampling.repeat_penalty = settings.repeat_penalty;
  sampling.presence_penalty = settings.presence_penalty;
  sampling.frequency_penalty = settings.frequency_penalty;
  sampling.seed = settings.seed.value_or(default_seed);
  options.generate.max_tokens = settings.predict;
  options.generate.stop = settings.stop;
  options.generate.speculation = settings.speculate == "off"      ? Speculation::kOff
                                 : settings.speculate == "always" ? Speculation::kAlways
                                                                  : Speculation::kAuto;
  options.system = settings.system;
  options.think = settings.think;
  return options;
}

// 53 bits: readers of JSON that know only floating point keep it whole.
uint64_t RandomSeed() {
  std::random_device device;
  return (uint64_t{device()} << 32 | device()) >> 11;
}

}  // namespace ingle
