#pragma once

#include <map>

#include "base/aligned_memory.h"
#include "base/error.h"
#include "models/huggingface/names.h"
#include "tensor/tensor_view.h"

namespace ingle {

// Memory that a view looks at, or none where it looks at the file.
struct ChangedTensor {
  TensorView view;
  AlignedMemory memory;
};

// Of kSplitHeads: rows of one key/value head after the other, each with `group` query heads first.
struct HeadLayout {
  uint64_t kv_heads = 0;
  uint64_t group = 0;
  uint64_t size = 0;
};

// What ChangeTensor makes of such a tensor.
DType ChangedType(const TensorView& tensor, TensorChange change);
Shape ChangedShape(const TensorView& tensor, TensorChange change);

// tensor: F32, F16 or BF16; or of blocks, where the change moves whole rows or nothing. Vectors
// come out as F32, and so does what is computed with.
Result<ChangedTensor> ChangeTensor(const TensorView& tensor, TensorChange change,
                                   const HeadLayout& heads);

// blocks: U8 [..., columns / 32, 16], of each byte the lower half before the upper. scales: U8
// [..., columns / 32]. Gives MXFP4 [..., columns], without loss. Fails with kCorrupt for shapes
// that do not fit together, kUnsupported for other element types.
Result<ChangedTensor> MergeMxfp4(const TensorView& blocks, const TensorView& scales);

// Vectors of F32 one after the other; their numbers count from 0 without a gap.
Result<ChangedTensor> StackVectors(const std::map<int, ChangedTensor>& vectors);

}  // namespace ingle
