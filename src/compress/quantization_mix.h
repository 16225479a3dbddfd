// Which tensor of a model is stored as which type: the mixes that GGUF files are known by.
//
// A mix gives most matrices its base type and the ones where errors cost most a wider one. The
// rules are those of llama.cpp (mid 2026) without an importance matrix, so that a file called
// Q4_K_M holds what people expect of one; left out are its exceptions for Falcon and for Llama of
// 70B.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace ingle {

// Layers that a rule is for. Layers are counted among those that have such a tensor.
enum class MixLayers : uint8_t {
  kNone,
  kAll,
  kFirstTwo,
  kFirstFour,
  kFirstSixteenth,
  kFirstEighth,
  kOuterAndEveryThird,  // the first and the last eighth, and every third between them
  kIfFewKvHeads,        // all, in a model with at least four heads a key/value head
};

struct MixRule {
  MixLayers layers = MixLayers::kNone;
  DType type = DType::kF32;
};

struct QuantizationMix {
  std::string_view name;
  uint32_t file_type;  // what general.file_type calls it
  DType base;
  // Of each, the first rule that is for the layer; else the base.
  MixRule attention_v[2] = {};  // the value projection, fused ones that hold it among them
  MixRule ffn_down[2] = {};
  MixRule attention_output = {};
  MixRule token_embedding = {};  // where the output has a matrix of its own
  MixRule experts = {};          // of tensors that hold the matrices of several experts
};

// By name, without regard to case: "Q4_K_M", "Q8_0", "F16" ... The names "Q3_K", "Q4_K" and "Q5_K"
// mean the M of each. Null when there is no such mix.
const QuantizationMix* FindQuantizationMix(std::string_view name);

// Smallest weights first.
std::span<const QuantizationMix> QuantizationMixes();

// What the rules ask about the model.
struct MixModel {
  uint64_t layers = 0;
  uint64_t experts = 0;
  uint64_t heads_per_kv_head = 1;
};

struct MixTensor {
  std::string_view name;  // as GGUF has it: "blk.0.attn_v.weight"
  Shape shape;
};

// Whether the types of mixes are for the tensor: a matrix (two or more dimensions, name ending in
// ".weight") that is no norm, router, position or segment table or small convolution. All others
// are F32 in files.
bool TakesMixedTypes(const MixTensor& tensor);

// The type of each tensor, in their order:
//
//   - norms, biases, routers, position and segment tables, small convolutions: F32;
//   - the output matrix, or the token embedding where it doubles as the output: Q6_K, and Q8_0 when
//     the base is that, or unquantized as the base is;
//   - the other matrices (two or more dimensions, name ending in ".weight"): as the mix says;
//   - of those, where rows are no whole number of blocks, a smaller block type of at least as many
//     bits: Q2_K, Q3_K and TQ become Q4_0, IQ4_XS IQ4_NL, Q4_K Q5_0, Q5_K Q5_1 and Q6_K Q8_0; and
//     F16 where that does not fit either.
std::vector<DType> TypesInMix(const QuantizationMix& mix, const MixModel& model,
                              std::span<const MixTensor> tensors);

}  // namespace ingle
