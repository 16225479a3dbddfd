// Any bytes as a safetensors file, or as the index of a sharded checkpoint where they begin with a
// brace: open, walk all tensors, decode the first and the last row of each, repack 4-bit matrices.
#include <cstdint>
#include <string>
#include <vector>

#include "formats/int4/int4_matrix.h"
#include "formats/safetensors/safetensors_file.h"
#include "formats/safetensors/safetensors_index.h"
#include "kernels/dequantize/dequantize.h"

namespace {

using namespace ingle;

void WalkIndex(std::string_view text) {
  const Result<SafetensorsIndex> index = ParseSafetensorsIndex("index", text);
  if (!index) return;
  for (const SafetensorsIndex::Entry& entry : index->entries) {
    const std::string& file = index->files.at(entry.file);
    if (file.empty() || file == ".." || file.find('/') != std::string::npos) __builtin_trap();
  }
}

void WalkTensors(const SafetensorsFile& file) {
  uint64_t bytes = 0;
  for (const SafetensorsTensor& tensor : file.tensors()) {
    bytes += tensor.bytes;
    if (file.FindTensor(tensor.name) != &tensor) __builtin_trap();
    const Result<TensorView> view = file.Tensor(tensor.name);
    if (!view || tensor.bytes == 0) continue;
    if (view->bytes() != tensor.bytes) __builtin_trap();
    std::vector<float> row(view->shape.columns());
    DequantizeRow(view->type, view->row(0), row.data(), row.size());
    DequantizeRow(view->type, view->row(view->shape.rows() - 1), row.data(), row.size());
  }
  if (bytes > file.part(0).size()) __builtin_trap();
}

void Repack(const SafetensorsFile& file) {
  const Result<TensorView> weights = file.Tensor("qweight");
  const Result<TensorView> scales = file.Tensor("scales");
  if (!weights || !scales) return;
  Int4Matrix matrix;
  matrix.weights = *weights;
  matrix.scales = *scales;
  if (const Result<TensorView> zeros = file.Tensor("qzeros")) matrix.zeros = *zeros;
  if (const Result<TensorView> groups = file.Tensor("g_idx")) matrix.group_of_input = *groups;
  for (const Int4Layout layout : {Int4Layout::kGptq, Int4Layout::kGptqV2, Int4Layout::kAwqGemm}) {
    matrix.layout = layout;
    for (const uint64_t size : {uint64_t{0}, uint64_t{8}, uint64_t{32}, ~uint64_t{0}}) {
      matrix.group_size = size;
      const Result<OwnedMatrix> owned = RepackInt4("fuzzed", matrix);
      if (owned && owned->data.size() != owned->view().bytes()) __builtin_trap();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with("{")) {
    WalkIndex(bytes);
    return 0;
  }
  const Result<SafetensorsFile> file = SafetensorsFile::Open(MakeMemorySource(std::move(bytes)));
  if (!file) return 0;
  WalkTensors(*file);
  Repack(*file);
  return 0;
}
