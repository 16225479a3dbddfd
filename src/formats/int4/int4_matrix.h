// The weights of AWQ and GPTQ checkpoints, brought into a form that Ingle computes with.
//
// Both store a matrix as 4-bit numbers in int32 words, with a scale and a zero for each output and
// each group of inputs: w = scale * (q - zero). They differ in how the words are filled. This lies
// with the formats, since it is how files hold numbers, and what runs a checkpoint as it is may not
// include what makes smaller ones (compress).
//
// Sources: the layouts are those of AutoGPTQ and GPTQModel ("gptq", "gptq_v2") and of AutoAWQ
// ("gemm").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tensor/tensor_view.h"

namespace ingle {

enum class Int4Layout : uint8_t {
  kGptq,     // eight inputs a word, the lowest bits first; zeros are stored less one
  kGptqV2,   // the same with zeros as they are
  kAwqGemm,  // eight outputs a word, in the order 0 2 4 6 1 3 5 7; zeros as they are
};

// A matrix as a checkpoint holds it, [inputs, outputs]. Views of the file, of any alignment.
struct Int4Matrix {
  Int4Layout layout;
  uint64_t group_size;              // of the configuration; 0 (there -1) is one group of all inputs
  TensorView weights;               // "qweight", I32: [inputs / 8, outputs],
                                    // of AWQ [inputs, outputs / 8]
  TensorView scales;                // "scales", F16, BF16 or F32: [groups, outputs]
  std::optional<TensorView> zeros;  // "qzeros", I32: [groups, outputs / 8]; without them 8
  std::optional<TensorView> group_of_input;  // "g_idx", I32: [inputs], of GPTQ
};

// A matrix that owns its numbers, [outputs, inputs] as everywhere in Ingle.
struct OwnedMatrix {
  DType type;
  Shape shape;
  std::vector<std::byte> data;

  TensorView view() const { return {type, shape, data.data()}; }
};

// The same numbers in a type that kernels know:
//
//   - Q4_0 where every zero is 8 (symmetric quantization): no loss at all, scales of binary16
//   given;
//   - Q4_1 otherwise: the product of zero and scale is rounded to binary16, an error of at most
//     zero / 2048 of a step;
//   - F16 where blocks of 32 inputs do not share a scale: in a group size that is no multiple of
//   32,
//     or when the inputs were sorted by activation (desc_act) and g_idx scatters the groups. Each
//     weight is rounded once. Blocks would need the inputs permuted too, for each matrix in another
//     way, which costs a pass over the activations for what is rare in small models.
//
// name: what messages call the matrix, "model.layers.0.mlp.up_proj". Fails with kCorrupt for
// tensors whose shapes do not fit together, a group that does not exist, scales that are not finite
// in binary16; kUnsupported for other element types.
Result<OwnedMatrix> RepackInt4(std::string_view name, const Int4Matrix& matrix);

// The type that RepackInt4 makes; fails as it does.
Result<DType> Int4Type(std::string_view name, const Int4Matrix& matrix);
// Of what it makes. REQUIRES: Int4Type succeeds.
Shape Int4Shape(const Int4Matrix& matrix);

}  // namespace ingle
