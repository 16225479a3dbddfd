// What executes a model, a step at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "compile/cache_layout.h"

namespace ingle {

// The part of one sequence in a step: tokens that follow position others.
struct SequenceSlice {
  uint32_t first_token;  // in the step
  uint32_t tokens;
  uint32_t position;                  // of the first of them in its sequence
  std::span<std::byte* const> pages;  // of its cache, enough for position + tokens
  std::byte* state = nullptr;         // cache().state_bytes, as they are after position tokens
  // Of a decoder: the pages that the encoder has filled, and for how many tokens.
  std::span<std::byte* const> source_pages{};
  uint32_t source_tokens = 0;
  // Whether it is one of those that turn at LongRoPE's other frequencies.
  bool long_rope = false;
  // Whether the model has written these tokens, or reads them. Devices may compute either in its
  // own way, but each always in the same.
  bool written = false;
};

// One step: the tokens of several sequences, one sequence after the other. Borrowed for the call.
// The caller has checked it: tokens are in the vocabulary, pages suffice, rows exist.
struct Batch {
  std::span<const int32_t> tokens;
  std::span<const int32_t> positions;    // one a token
  std::span<const int32_t> output_rows;  // the tokens whose logits are wanted
  std::span<const SequenceSlice> sequences;
  std::span<float> logits;  // [output_rows, vocabulary]
  int workers = 0;          // that compute it, of those that the device has; 0: all
};

// The part that a token of the batch belongs to. REQUIRES: there is one.
inline const SequenceSlice& SequenceOf(const Batch& batch, size_t token) {
  size_t i = 0;
  while (token - batch.sequences[i].first_token >= batch.sequences[i].tokens) ++i;
  return batch.sequences[i];
}

// Thread safety: one Execute at a time.
class Device {
 public:
  virtual ~Device() = default;

  // REQUIRES: batch.tokens.size() is at most what the device was made for.
  virtual Status Execute(const Batch& batch) = 0;

  // The layout of the pages that it expects.
  virtual const CacheLayout& cache() const = 0;
};

}  // namespace ingle
