// Models in several files: NAME-00001-of-00003.gguf and its siblings.
#include "formats/gguf/gguf_file.h"

namespace ingle {
namespace {

constexpr std::string_view kPartKey = "split.no";  // counted from 0; file names count from 1
constexpr std::string_view kCountKey = "split.count";
constexpr std::string_view kTensorsKey = "split.tensors.count";
constexpr uint64_t kMaxParts = 99999;  // five digits

std::string FiveDigits(uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(5 - digits.size(), '0') + digits;
}

std::string PartSuffix(uint64_t part, uint64_t count) {
  return Cat("-", FiveDigits(part + 1), "-of-", FiveDigits(count), ".gguf");
}

Result<GgufFile> OpenPart(const std::string& path) {
  Result<std::unique_ptr<ByteSource>> source = OpenFile(path);
  if (!source) return Fail(source.error());
  return GgufFile::Open(std::move(*source));
}

// Fails unless the file calls itself this part of this many.
Status CheckPart(const GgufFile& file, uint64_t part, uint64_t count) {
  const Result<uint64_t> own_part = file.Uint(kPartKey);
  if (!own_part) return Fail(own_part.error());
  const Result<uint64_t> own_count = file.Uint(kCountKey);
  if (!own_count) return Fail(own_count.error());
  if (*own_part != part || *own_count != count) {
    return Fail(ErrorCode::kCorrupt, file.name(), ": its metadata says part ", *own_part,
                " (from 0) of ", *own_count, ", its place in the model is part ", part, " of ",
                count, "; was a file renamed?");
  }
  return {};
}

}  // namespace

Result<GgufFile> OpenGguf(const std::string& path) {
  Result<GgufFile> model = OpenPart(path);
  if (!model) return model;
  const Result<uint64_t> count = model->UintOr(kCountKey, 1);
  if (!count) return Fail(count.error());
  if (*count <= 1) return model;
  if (*count > kMaxParts) {
    return Fail(ErrorCode::kCorrupt, path, ": metadata key '", kCountKey, "' is ", *count,
                ", the limit is ", kMaxParts);
  }

  const Result<uint64_t> part = model->Uint(kPartKey);
  if (!part) return Fail(part.error());
  if (*part != 0) {
    return Fail(ErrorCode::kInvalidArgument, path, " is a later part of a model of ", *count,
                " files; give the one that ends in ", PartSuffix(0, *count));
  }
  const std::string suffix = PartSuffix(0, *count);
  if (!path.ends_with(suffix)) {
    return Fail(ErrorCode::kInvalidArgument, path, " is the first of ", *count,
                " files of a model; its name must end in ", suffix, " for the others to be found");
  }

  const std::string stem = path.substr(0, path.size() - suffix.size());
  for (uint64_t i = 1; i < *count; ++i) {
    Result<GgufFile> next = OpenPart(stem + PartSuffix(i, *count));
    if (!next) return Fail(next.error(), path, ", part ", i + 1, " of ", *count);
    if (Status same = CheckPart(*next, i, *count); !same) return Fail(same.error());
    for (GgufTensor& tensor : next->tensors_) {
      tensor.part = static_cast<size_t>(i);
      model->tensors_.push_back(tensor);
    }
    model->sources_.push_back(std::move(next->sources_.front()));
  }

  const Result<uint64_t> total = model->Uint(kTensorsKey);
  if (!total) return Fail(total.error());
  if (*total != model->tensors_.size()) {
    return Fail(ErrorCode::kCorrupt, path, ": metadata key '", kTensorsKey, "' says ", *total,
                " tensors, the ", *count, " files hold ", model->tensors_.size());
  }
  if (Status unique = model->IndexTensors(); !unique) return Fail(unique.error());
  return model;
}

}  // namespace ingle
