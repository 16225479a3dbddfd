#include "compress/tensor_writer.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "kernels/dequantize/dequantize.h"
#include "kernels/quantize/quantize.h"
#include "tensor/blocks.h"

namespace ingle {
namespace {

constexpr size_t kChunkElements = size_t{1} << 22;

}  // namespace

Status TensorWriter::Write(const TensorView& from, DType to, GgufWriter& writer) {
  if (from.type == to) return writer.Write(Bytes(from.data, static_cast<size_t>(from.bytes())));
  const uint64_t elements = from.shape.elements();
  for (uint64_t begin = 0; begin < elements; begin += kChunkElements) {
    const auto count = static_cast<size_t>(std::min<uint64_t>(kChunkElements, elements - begin));
    const std::byte* source = from.data + RowBytes(from.type, begin);
    if (!EncodeChunk(from.type, source, to, count)) {
      return Fail(ErrorCode::kCorrupt, "it holds weights that are NaN or infinite");
    }
    if (Status s = writer.Write(Bytes(encoded_)); !s) return s;
  }
  return {};
}

// False when a value is not finite.
bool TensorWriter::EncodeChunk(DType from, const std::byte* source, DType to, size_t count) {
  floats_.resize(count);
  encoded_.resize(static_cast<size_t>(RowBytes(to, count)));
  std::atomic<bool> finite = true;
  const auto encode = [&](size_t begin, size_t end) {
    if (begin == end) return;
    float* values = floats_.data() + begin;
    const size_t length = end - begin;
    DequantizeRow(from, source + RowBytes(from, begin), values, length);
    if (!std::all_of(values, values + length, [](float v) { return std::isfinite(v); })) {
      finite = false;
    }
    QuantizeRow(to, values, encoded_.data() + RowBytes(to, begin), length);
  };
  if (pool_ == nullptr) {
    encode(0, count);
  } else {
    pool_->Run([&](Worker& worker) {
      const Worker::Range share = worker.Share(count, kSuperBlock);
      encode(share.begin, share.end);
    });
  }
  return finite;
}

}  // namespace ingle
