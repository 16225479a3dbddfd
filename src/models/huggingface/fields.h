// The fields of a config.json, read by a family's rules.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "models/huggingface/names.h"
#include "models/huggingface/presence.h"

namespace ingle {

// The first error is kept for status().
class HuggingFaceFields {
 public:
  using Field = std::variant<double, std::string, std::vector<double>, std::vector<std::string>>;

  HuggingFaceFields(nlohmann::json config, const HuggingFaceNames& names);

  // What the rules and adapt made of config.json, by key.
  const std::map<std::string, Field, std::less<>>& fields() const { return fields_; }
  // Tensors that config.json holds instead of the checkpoint: RoPE's factors.
  const std::map<std::string, std::vector<float>>& tensors() const { return tensors_; }
  // Those of the checkpoint that the model does without, before ".weight" and ".bias".
  const std::vector<std::string>& ignored_tensors() const { return ignored_tensors_; }
  // Of the names in GGUF.
  const ExpectedTensors& expected() const { return expected_; }
  // What messages call a key: "num_hidden_layers", or the key where no field is behind it.
  std::string NameOf(std::string_view key) const;
  Status status() const;

  // For adapt functions.
  bool Has(std::string_view name) const;     // in config.json, and not null
  bool IsNull(std::string_view name) const;  // in config.json, as null: switched off
  const nlohmann::json& operator[](std::string_view name) const;  // null where there is none
  // What is null counts as absent; what is of another type is refused.
  double Number(std::string_view name, double otherwise);
  bool Flag(std::string_view name, bool otherwise);
  std::vector<std::string> Texts(std::string_view name);
  double Key(std::string_view key, double otherwise) const;  // a field that was read
  size_t Layers() const;                                     // block_count, within what models have
  std::string ClassName() const;  // in transformers: "BertForTokenClassification"; or empty
  // name: what messages call it, of a key that no rule has.
  void Set(std::string_view key, Field field, std::string_view name = "");
  // What messages call a key that may stay without a value.
  void Name(std::string_view key, std::string_view name) { names_[std::string(key)] = name; }
  void Erase(std::string_view key);
  void AddTensor(const std::string& name, std::vector<float> values);
  void IgnoreTensor(const std::string& stem) { ignored_tensors_.push_back(stem); }
  // What a table of PresenceRules cannot say: the tensors are there in these layers (or in all, for
  // one entry), and absent in others. field: of config.json, which decides.
  void Expect(std::string_view tensor, const std::vector<bool>& layers, std::string_view field);
  void Refuse(std::string_view name, std::string_view problem);

 private:
  void Read(const FieldRule& rule);
  void Expect(const PresenceRule& rule);
  void ExpectOutput();
  std::string Stating(std::string_view name, bool value) const;
  void RefuseType(std::string_view name, std::string_view wanted);

  nlohmann::json config_;
  std::map<std::string, Field, std::less<>> fields_;
  std::map<std::string, std::string, std::less<>> names_;  // of keys
  std::map<std::string, std::vector<float>> tensors_;
  std::vector<std::string> ignored_tensors_;
  ExpectedTensors expected_;
  std::optional<Error> error_;
};

// What Ingle calls an activation of transformers; another name as it is.
std::string_view ActivationName(std::string_view name);

// The kind of each layer, by layer_types or the field of that name; empty where config.json does
// not say. Another number of them than there are layers is refused, and so are words other than
// `known`.
std::vector<std::string> ReadLayerTypes(HuggingFaceFields& fields,
                                        std::initializer_list<std::string_view> known,
                                        std::string_view name = "layer_types");

// Sets attention.sliding_window_pattern, for each layer whether it sees a window: by layer_types,
// or else `otherwise`. Refuses windows where attention.sliding_window does not say how wide.
void SetWindows(HuggingFaceFields& fields, std::vector<double> otherwise);

// Of numbers that something is divided by, or that would make all tokens alike.
void RefuseZeros(std::initializer_list<std::string_view> names, HuggingFaceFields& fields);

// 1 for each layer but every period-th, which is 0.
std::vector<double> AllButEvery(double period, const HuggingFaceFields& fields);

}  // namespace ingle
