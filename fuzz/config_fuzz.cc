// Any bytes as a checkpoint folder: the text of config.json, a zero byte, then a line for each
// tensor, "NAME TYPE EXTENT...". From there to a graph. The tensors share one piece of memory, as
// what they hold does not matter here.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "models/architecture.h"
#include "models/huggingface/checkpoint.h"

namespace {

using namespace ingle;

constexpr size_t kTensorBytes = size_t{1} << 20;
constexpr size_t kMostTensors = 512;

struct Line {
  NamedTensor tensor;
  bool fits = true;  // into the memory
};

Line ParseLine(const std::string& text) {
  alignas(64) static const std::array<std::byte, kTensorBytes> memory{};
  Line line;
  std::istringstream words(text);
  words >> line.tensor.name >> line.tensor.dtype;
  TensorView view;
  view.data = memory.data();
  uint64_t elements = 1;
  for (uint32_t extent = 0; view.shape.rank() < kMaxRank && words >> extent;) {
    view.shape.Append(extent);
    elements *= std::max(extent, 1u);
    if (elements > kTensorBytes) line.fits = false;
    if (!line.fits) return line;
  }
  const std::optional<DType> type = DTypeFromName(line.tensor.dtype);
  if (!type || view.shape.columns() % Info(*type).block_elements != 0) return line;
  view.type = *type;
  line.fits = view.bytes() <= kTensorBytes;
  line.tensor.view = view;
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(text.find('\0'), text.size());
  HuggingFaceFiles files{"fuzzed", text.substr(0, end), {}, std::make_shared<int>(0)};
  std::istringstream lines(end < text.size() ? text.substr(end + 1) : std::string());
  for (std::string row; files.tensors.size() < kMostTensors && std::getline(lines, row);) {
    Line line = ParseLine(row);
    if (line.fits) files.tensors.push_back(std::move(line.tensor));
  }
  const auto checkpoint = MakeHuggingFaceCheckpoint(std::move(files));
  if (checkpoint) (void)BuildModel(**checkpoint);
  return 0;
}
