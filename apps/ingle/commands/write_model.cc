#include "commands/write_model.h"

#include <filesystem>
#include <optional>

#include "base/cpu.h"
#include "compress/convert_checkpoint.h"
#include "compress/quantize_file.h"
#include "files/file_io.h"
#include "json_output.h"
#include "model_access.h"
#include "terminal/output.h"
#include "terminal/progress.h"
#include "terminal/units.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

bool IsFolder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// Whether writing there would destroy what is read. Another GGUF file in a checkpoint's folder is
// none of its files.
bool IsFileOf(const std::string& model, const std::string& out) {
  std::error_code ignored;
  if (fs::equivalent(model, out, ignored)) return true;
  if (!IsFolder(model) || fs::path(out).extension() == ".gguf") return false;
  for (const fs::directory_entry& entry : fs::directory_iterator(model, ignored)) {
    if (fs::equivalent(entry.path(), out, ignored)) return true;
  }
  return false;
}

// Of the file, or of the files that hold a checkpoint's weights.
std::optional<uint64_t> BytesOf(const std::string& model) {
  if (!IsFolder(model)) {
    const Result<uint64_t> size = FileSize(model);
    return size ? std::optional(*size) : std::nullopt;
  }
  uint64_t bytes = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(model, ignored)) {
    if (entry.path().extension() != ".safetensors") continue;
    if (const Result<uint64_t> size = FileSize(entry.path().string())) bytes += *size;
  }
  return bytes;
}

}  // namespace

std::string MixNames() {
  std::string names;
  for (const QuantizationMix& mix : QuantizationMixes()) {
    names += Cat(names.empty() ? "" : " ", mix.name);
  }
  return names;
}

Result<const QuantizationMix*> FindMix(const std::string& name) {
  const QuantizationMix* mix = FindQuantizationMix(name);
  if (mix != nullptr) return mix;
  return Fail(ErrorCode::kInvalidArgument, Quote(name), " is no type of weights; there are ",
              MixNames());
}

Status WriteModel(const WriteModelOptions& options, const Context& context) {
  // A folder needs no slash to be one.
  const Result<std::string> in =
      IsFolder(options.in) ? Result<std::string>(options.in) : FindModel(options.in, context);
  if (!in) return Fail(in.error());
  if (options.mix == nullptr && !IsFolder(*in)) {
    return Fail(ErrorCode::kInvalidArgument, options.in,
                " is no checkpoint folder: --type must say what to make of it");
  }
  if (IsFileOf(*in, options.out)) {
    return Fail(ErrorCode::kInvalidArgument, options.out,
                " is the model: name another file to write");
  }
  const int threads = context.settings.threads;
  WorkerPool pool(threads > 0 ? threads : UsableProcessors());
  std::optional<Progress> progress;
  QuantizeOptions quantize;
  quantize.pool = &pool;
  quantize.progress = [&](const QuantizeProgress& step) {
    if (!progress) {
      progress.emplace(options.verb, step.count, Progress::Unit::kSteps, context.settings.quiet);
    }
    progress->Update(step.index + 1, std::string(step.tensor));
  };
  const Status done = IsFolder(*in) ? ConvertCheckpoint(*in, options.out, options.mix, quantize)
                                    : QuantizeGguf(*in, options.out, *options.mix, quantize);
  progress.reset();
  if (!done) return done;

  const std::optional<uint64_t> before = BytesOf(*in);
  const std::optional<uint64_t> after = BytesOf(options.out);
  if (!before || !after) return {};
  if (options.json) {
    PrintJsonDocument({{"file", options.out}, {"bytes", *after}, {"source_bytes", *before}});
  } else if (!context.settings.quiet) {
    Note(Cat(options.out, ": ", HumanBytes(*after), " (", options.in, ": ", HumanBytes(*before),
             ")"));
  }
  return {};
}

}  // namespace ingle
