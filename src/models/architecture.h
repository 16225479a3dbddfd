// The architectures that Ingle knows, and what each makes of a checkpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/aligned_memory.h"
#include "base/error.h"
#include "graph/graph.h"
#include "models/checkpoint.h"
#include "models/task.h"

namespace ingle {

// The numbers that every architecture has.
struct ModelShape {
  uint32_t layers = 0;
  uint32_t width = 0;
  uint32_t heads = 0;
  uint32_t kv_heads = 0;
  uint32_t vocabulary = 0;
  uint32_t trained_context = 0;
  uint32_t longest_context = 0;  // beyond it there are no positions; 0: no such limit

  Task task = Task::kGenerate;
  // An encoder: each token sees those that follow it. A text is computed whole, in one step, and
  // nothing can follow it.
  bool whole_text = false;
  // A token that takes no position, but stands at the one before the first: RoBERTa's padding.
  std::optional<int32_t> without_position{};
  // Of an encoder–decoder: the token that every answer begins after.
  std::optional<int32_t> start_token{};
};

struct Model {
  ModelShape shape;
  Graph graph;  // views into the checkpoint's memory
  // The node of the last hidden states, [outputs, width], from which the answer is made.
  NodeId states = 0;
  Labels labels{};
  // Of an encoder–decoder, whose decoder `graph` is: what reads the source. Its answer are the last
  // hidden states; docs/design/encoder-decoder.md.
  std::optional<Graph> encoder{};
  std::vector<AlignedMemory> memory{};  // of weights that are not the checkpoint's as they stand
  std::vector<std::string> ignored{};   // tensors that files hold and the model does without
};

// All that it has: one, or two of an encoder–decoder.
std::vector<const Graph*> GraphsOf(const Model& model);

struct HuggingFaceNames;

struct Architecture {
  std::string_view name;  // as GGUF files call it
  // Reads and checks the hyper-parameters, binds the tensors, builds the graph. Messages name the
  // checkpoint, the field or tensor, and what would be right.
  Result<Model> (*build)(const Checkpoint& checkpoint);
  // How checkpoints of transformers say it (models/huggingface/names.h); null: they do not.
  const HuggingFaceNames* hugging_face;
};

// In the order of the table. To add one: a file of its own, and a line there.
std::span<const Architecture> Architectures();

// The model of a checkpoint. Fails with kUnsupported, listing what is known, for an architecture
// that is not in the table.
Result<Model> BuildModel(const Checkpoint& checkpoint);

}  // namespace ingle
