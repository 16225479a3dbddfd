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
  double Number(std::string_view name, double otherwise) const;
  bool Flag(std::string_view name, bool otherwise) const;
  std::vector<std::string> Texts(std::string_view name) const;
  double Key(std::string_view key, double otherwise) const;  // a field that was read
  std::string ClassName() const;  // in transformers: "BertForTokenClassification"; or empty
  void Set(std::string_view key, Field field);
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

// Sets rope.* from rope_parameters, or rope_scaling and rope_theta: config.json's newer and older
// ways. parameters: of all layers, or of one kind of them. prefix: before the keys.
void ReadRopeParameters(const nlohmann::json& parameters, const HuggingFaceNames& names,
                        HuggingFaceFields& fields);

// The same where windowed layers turn in a way of their own: rope_parameters has an object for each
// kind of layer, and rope.freq_base_swa is what windowed layers have. full: the parameters of the
// other layers where config.json has none for them.
void ReadRopeOfKinds(const nlohmann::json& full, const HuggingFaceNames& names,
                     HuggingFaceFields& fields);

// Kinds of layers, "sliding_attention" as 1 and "full_attention" as 0, to
// attention.sliding_window_pattern; another kind is refused.
void ReadLayerTypes(HuggingFaceFields& fields);

}  // namespace ingle
