// Any bytes as a GGUF file: open, walk all metadata and tensors, decode a row of each.
#include <cstdint>
#include <string>
#include <vector>

#include "formats/gguf/gguf_file.h"
#include "kernels/dequantize/dequantize.h"

namespace {

using namespace ingle;

// Reads every value in every way that a caller might ask for it.
void WalkFields(const GgufFile& file) {
  size_t sum = 0;
  for (const GgufField& field : file.fields()) {
    const GgufValue& value = field.value;
    sum += value.AsUint().value_or(0) + static_cast<uint64_t>(value.AsInt().value_or(0));
    sum += value.AsBool().value_or(false) + value.AsString().value_or("").size();
    if (value.AsFloat().value_or(0) > 0) ++sum;
    for (const std::string_view text :
         value.AsStrings().value_or(std::vector<std::string_view>())) {
      for (const char c : text) sum += static_cast<unsigned char>(c);
    }
    for (const int64_t number : value.AsInts().value_or(std::vector<int64_t>())) {
      sum += static_cast<uint64_t>(number);
    }
    sum += value.AsFloats().value_or(std::vector<float>()).size();
    sum += value.AsBools().value_or(std::vector<bool>()).size();

    // By key, and with an error message for most of them.
    if (!file.Find(field.key)) __builtin_trap();
    const auto number = file.Uint(field.key);
    const auto strings = file.Strings(field.key);
    sum += number ? 1 : number.error().message().size();
    sum += strings ? 1 : strings.error().message().size();
  }
  volatile size_t sink = sum;
  (void)sink;
}

void WalkTensors(const GgufFile& file) {
  for (const GgufTensor& tensor : file.tensors()) {
    const Result<TensorView> view = file.Tensor(tensor.name);
    if (!view) continue;
    if (view->bytes() != tensor.bytes) __builtin_trap();
    std::vector<float> row(view->shape.columns());
    DequantizeRow(view->type, view->row(0), row.data(), row.size());
    DequantizeRow(view->type, view->row(view->shape.rows() - 1), row.data(), row.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  const Result<GgufFile> file = GgufFile::Open(MakeMemorySource(std::move(bytes)));
  if (!file) return 0;
  WalkFields(*file);
  WalkTensors(*file);
  return 0;
}
