// What an architecture reads a model from: named hyper-parameters and tensors, whatever the file.
//
// Names are those of GGUF, which other formats are mapped to; a hyper-parameter's name is given
// without the architecture before it ("block_count", not "llama.block_count").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/error.h"
#include "tensor/tensor_view.h"

namespace ingle {

// Whether a model has a tensor.
enum class Presence : uint8_t { kEither, kThere, kAbsent };  // kEither: the file decides

struct Expectation {
  Presence presence = Presence::kEither;
  std::string because{};  // what decides: "attention_bias is true"; empty: it is always so
};

// Tensors are views into memory that the checkpoint keeps. Thread safety: const, so any thread.
class Checkpoint {
 public:
  virtual ~Checkpoint() = default;

  // The files that tensors are views into; empty where they are not known.
  virtual std::vector<const ByteSource*> Sources() const { return {}; }

  // "llama"
  virtual std::string_view architecture() const = 0;

  // What messages call it: the path.
  virtual const std::string& name() const = 0;

  // What messages call a hyper-parameter: "llama.block_count".
  virtual std::string FieldName(std::string_view key) const = 0;

  // Hyper-parameters. Nothing where the file does not say; kCorrupt where it says something of
  // another kind.
  virtual Result<std::optional<uint64_t>> Uint(std::string_view key) const = 0;
  virtual Result<std::optional<double>> Float(std::string_view key) const = 0;
  virtual Result<std::optional<std::string>> String(std::string_view key) const = 0;
  // A list, or one number as a list of one; true and false are 1 and 0.
  virtual Result<std::optional<std::vector<int64_t>>> Ints(std::string_view key) const = 0;
  // Likewise, of any numbers.
  virtual Result<std::optional<std::vector<double>>> Floats(std::string_view key) const = 0;
  virtual Result<std::optional<std::vector<std::string>>> Strings(std::string_view key) const = 0;

  virtual bool HasTensor(std::string_view tensor) const = 0;
  // Whether a model with these hyper-parameters has a tensor that others do without.
  virtual Expectation Expected(std::string_view tensor) const = 0;
  // What messages call a tensor: "model.layers.0.mlp.up_proj.weight".
  virtual std::string TensorName(std::string_view tensor) const { return std::string(tensor); }
  // Those that a model must use: another is arithmetic that would be missing.
  virtual std::vector<std::string> RequiredTensors() const = 0;
  // Fails with kNotFound, or kUnsupported for a type that Ingle cannot compute with.
  virtual Result<TensorView> Tensor(std::string_view tensor) const = 0;

  // Whether a view is of memory that was allocated for it, as it is made of what the files hold.
  virtual bool IsMade(const TensorView&) const { return false; }
  // Gives that memory back: nobody reads it any more. REQUIRES: IsMade(tensor).
  virtual void Forget(const TensorView&) {}
};

}  // namespace ingle
