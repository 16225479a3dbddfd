// What a session carries in a block of fixed size (the states of convolutions and recurrences), and
// copies of it as it was earlier.
//
// Keys and values of earlier tokens stay where they are, so forgetting the later ones costs
// nothing. A recurrent state has only its latest value: going back takes a copy, and what came
// after the copy is computed again.
#pragma once

#include <cstdint>
#include <vector>

#include "base/aligned_memory.h"
#include "base/error.h"

namespace ingle {

// Not thread-safe.
class RecurrentState {
 public:
  // bytes: of the block; 0 for a model that has no such state. Then there is nothing to do, and any
  // length can be gone back to.
  explicit RecurrentState(uint64_t bytes) : bytes_(bytes) {}

  uint64_t bytes() const { return bytes_; }
  // Null until Prepare, and for a model without.
  std::byte* block() const { return block_.get(); }

  // Makes the block, all zero, if there is none yet. Fails with kOutOfMemory.
  Status Prepare();

  // Before tokens are computed: keeps a copy, as of length tokens, where a part of the session
  // ends: a prompt after which an answer begins, or an answer after which a prompt begins. Does
  // without where there is no memory.
  void BeforeStep(uint32_t length, size_t tokens);

  // Goes back to the greatest length for which there is a copy, at most `length`; 0 is always
  // there. Returns it.
  uint32_t Rewind(uint32_t length);

  // An independent copy of the block, without the earlier ones.
  Result<RecurrentState> Copy() const;

 private:
  struct Earlier {
    uint32_t length;
    AlignedMemory block;
  };

  uint64_t bytes_;
  AlignedMemory block_;
  std::vector<Earlier> earlier_;  // by length, a few
  bool computed_several_ = false;
};

}  // namespace ingle
