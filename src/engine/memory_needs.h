// What a model takes of memory, told before it is taken.
#pragma once

#include <cstdint>

namespace ingle {

// Of a process that runs one model, with the contexts of all its sessions filled. Bytes that are
// resident, mapped files among them: other processes that run the model share `weights` where those
// are a file, and `file`.
struct MemoryNeeds {
  uint32_t context = 0;    // tokens of a session
  uint32_t sequences = 1;  // sessions

  uint64_t weights = 0;      // as the processor takes them
  uint64_t file = 0;         // of the model's files what is looked at beside them: rows of the
                             // embedding, norms, matrices that are used as they stand
  uint64_t cache = 0;        // keys and values
  uint64_t states = 0;       // of fixed size, and a copy for going back by an answer
  uint64_t activations = 0;  // of a step, with the workers' own memory and the logits
  uint64_t process = 0;      // what it had when the model was opened: program, tokenizer, graph

  uint64_t added() const { return weights + file + cache + states + activations; }
  uint64_t total() const { return added() + process; }
};

}  // namespace ingle
