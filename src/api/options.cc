#include "api/options.h"

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>

#include "api/status.h"

namespace ingle {
namespace {

// More stop strings than anyone means; each one costs time for each byte of an answer.
constexpr size_t kMaxStops = 1024;

// The caller's struct, completed: it may be shorter than this library's, when the caller was
// compiled with an earlier ingle.h. first_size is the size in the first version that had it.
template <class Options>
Result<Options> Complete(const Options* options, const Options& defaults, size_t first_size) {
  Options completed = defaults;
  if (options == nullptr) return completed;
  size_t size;
  std::memcpy(&size, options, sizeof(size));
  if (size < first_size) {
    return Fail(ErrorCode::kInvalidArgument, "the options' size is ", size,
                "; initialise them with the _DEFAULT macro");
  }
  if (size > sizeof(Options)) {
    return Fail(ErrorCode::kUnsupported, "the options' size is ", size, ", but this library's is ",
                sizeof(Options), "; the program wants a later version of the library");
  }
  std::memcpy(&completed, options, size);
  return completed;
}

Result<DeviceKind> ReadDevice(int32_t device) {
  switch (device) {
    case INGLE_DEVICE_CPU:
      return DeviceKind::kCpu;
    case INGLE_DEVICE_REFERENCE:
      return DeviceKind::kReference;
    default:
      return Fail(ErrorCode::kInvalidArgument, "device is ", device,
                  "; it must be one of ingle_device");
  }
}

Result<std::optional<DType>> ReadCacheType(int32_t type) {
  switch (type) {
    case INGLE_CACHE_AUTO:
      return std::nullopt;
    case INGLE_CACHE_F32:
      return DType::kF32;
    case INGLE_CACHE_F16:
      return DType::kF16;
    case INGLE_CACHE_Q8_0:
      return DType::kQ8_0;
    case INGLE_CACHE_Q4_0:
      return DType::kQ4_0;
    default:
      return Fail(ErrorCode::kInvalidArgument, "cache_type is ", type,
                  "; it must be one of ingle_cache_type");
  }
}

Result<ingle_model_options> CompleteModelOptions(const ingle_model_options* options) {
  return Complete(options, ingle_model_options INGLE_MODEL_OPTIONS_DEFAULT,
                  offsetof(ingle_model_options, cache_type));
}

Result<Speculation> ReadSpeculation(int32_t speculation) {
  switch (speculation) {
    case INGLE_SPECULATE_AUTO:
      return Speculation::kAuto;
    case INGLE_SPECULATE_OFF:
      return Speculation::kOff;
    case INGLE_SPECULATE_ALWAYS:
      return Speculation::kAlways;
    default:
      return Fail(ErrorCode::kInvalidArgument, "speculation is ", speculation,
                  "; it must be one of ingle_speculation");
  }
}

}  // namespace

Result<EngineOptions> ReadOptions(const ingle_model_options* options) {
  const auto given = CompleteModelOptions(options);
  if (!given) return Fail(given.error());
  const auto device = ReadDevice(given->device);
  if (!device) return Fail(device.error());
  EngineOptions read;
  read.device = *device;
  read.threads = given->threads;
  read.context = given->context;
  if (given->batch_tokens > 0) read.batch_tokens = given->batch_tokens;
  read.cache_bytes = given->cache_bytes;
  const auto cache_type = ReadCacheType(given->cache_type);
  if (!cache_type) return Fail(cache_type.error());
  read.cache_type = *cache_type;
  if (given->memory_limit > 0) read.memory_limit = given->memory_limit;
  if (given->sessions > 0) read.sequences = given->sessions;
  read.fit_context = given->fit_context;
  if (given->panel_directory != nullptr) read.panel_directory = given->panel_directory;
  return read;
}

Result<std::optional<std::string>> ReadDraftPath(const ingle_model_options* options) {
  const auto given = CompleteModelOptions(options);
  if (!given) return Fail(given.error());
  if (given->draft == nullptr) return std::nullopt;
  return std::optional<std::string>(given->draft);
}

Result<EmbedOptions> ReadOptions(const ingle_embed_options* options) {
  const auto given = Complete(options, ingle_embed_options INGLE_EMBED_OPTIONS_DEFAULT,
                              sizeof(ingle_embed_options));
  if (!given) return Fail(given.error());
  EmbedOptions read;
  read.normalize = given->normalize;
  switch (given->pooling) {
    case INGLE_POOLING_MODEL:
      return read;
    case INGLE_POOLING_MEAN:
      read.pooling = Pooling::kMean;
      return read;
    case INGLE_POOLING_CLS:
      read.pooling = Pooling::kCls;
      return read;
    case INGLE_POOLING_LAST:
      read.pooling = Pooling::kLast;
      return read;
    default:
      return Fail(ErrorCode::kInvalidArgument, "pooling is ", given->pooling,
                  "; it must be one of ingle_pooling");
  }
}

Result<GenerateOptions> ReadOptions(const ingle_generate_options* options) {
  const auto given = Complete(options, ingle_generate_options INGLE_GENERATE_OPTIONS_DEFAULT,
                              offsetof(ingle_generate_options, speculation));
  if (!given) return Fail(given.error());
  GenerateOptions read;
  read.sampling.temperature = given->temperature;
  read.sampling.top_k = given->top_k;
  read.sampling.top_p = given->top_p;
  read.sampling.min_p = given->min_p;
  read.sampling.repeat_penalty = given->repeat_penalty;
  read.sampling.presence_penalty = given->presence_penalty;
  read.sampling.frequency_penalty = given->frequency_penalty;
  read.sampling.penalty_window = given->penalty_window;
  read.sampling.seed = given->seed;
  read.max_tokens = given->max_tokens;
  read.render_special = given->render_special;
  read.ignore_end = given->ignore_end;
  const auto speculation = ReadSpeculation(given->speculation);
  if (!speculation) return Fail(speculation.error());
  read.speculation = *speculation;
  if (given->stop_count > kMaxStops) {
    return Fail(ErrorCode::kInvalidArgument, "stop_count is ", given->stop_count, "; ", kMaxStops,
                " stop strings are the most");
  }
  if (given->stop_count > 0) {
    if (const Status status = RequireNotNull(given->stop, "stop"); !status) {
      return Fail(status.error());
    }
  }
  for (size_t i = 0; i < given->stop_count; ++i) {
    if (const Status status = RequireNotNull(given->stop[i], Cat("stop[", i, "]")); !status) {
      return Fail(status.error());
    }
    read.stop.emplace_back(given->stop[i]);
  }
  if (given->on_text != nullptr) {
    read.on_text = [on_text = given->on_text, user = given->user](std::string_view piece) {
      return on_text(piece.data(), piece.size(), user);
    };
  }
  return read;
}

}  // namespace ingle
