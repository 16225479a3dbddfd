// How checkpoints of Hugging Face's transformers say what Ingle's architectures read: each family's
// file has tables of these. Names on Ingle's side are those of GGUF (models/checkpoint.h).
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace ingle {

class GgufForm;
class HuggingFaceFields;

// The key of a field that the family's class does not read, whatever other classes do.
inline constexpr std::string_view kNotRead = "-";

// A field of config.json. What is null there counts as absent, unless null_is_off.
struct FieldRule {
  std::string_view name;
  // The hyper-parameter. Empty: the field is no number of the model; set to anything but
  // `otherwise`, it asks for arithmetic that Ingle lacks, and is refused.
  std::string_view key;
  // The value where config.json does not say, as JSON; empty: there is none.
  std::string_view otherwise = "";
  bool null_is_off = false;  // null is a value, and means none
};

// What a tensor goes through on its way.
enum class TensorChange : uint8_t {
  kNone,
  kPlusOne,        // the norm's weight is added to one: Gemma
  kTranspose,      // [columns, rows]: GPT-2's Conv1D
  kSplitHeads,     // rows are q, k, v of one head after the other: they become all q, all k, all v
  kExpNegated,     // -exp(x): Mamba's A_log
  kSqueeze,        // [columns, 1, taps] is [columns, taps]
  kTransposeEach,  // of a stack of matrices
  kToF32,
  // A part of a stack of MXFP4 matrices: NAME.blocks, U8 [count, rows, columns / 32, 16], or
  // NAME.scales, U8 [count, rows, columns / 32]. Both together become NAME.weight.
  kMxfp4Part,
};

// "layers.{}.self_attn.q_proj" for "layers.3.self_attn.q_proj.weight" and ".bias", after prefixes
// such as "model." are taken off. {} is a number, which goes to the {} of `to` in its order. A `to`
// that is empty: nothing that computes.
struct TensorRule {
  std::string_view name;
  std::string_view to;
  TensorChange change = TensorChange::kNone;
};

// A tensor that not every model of its architecture has, or that one could be built without. What
// decides is config.json, never what the file happens to hold: a checkpoint that is at odds with it
// is refused. Of several rules for a tensor the first counts. A tensor that is asked for and has no
// rule is none that the class has.
struct PresenceRule {
  std::string_view tensor;  // in GGUF; {} is a number, * a word: "blk.{}.attn_*.bias"
  // The tensor is there where this field of config.json, true or false, is `when`. Or one of those
  // below.
  std::string_view field;
  bool otherwise = false;  // the field where config.json does not say
  bool when = true;
};
// The class always has it. llama.cpp, too, takes no GGUF file without it.
inline constexpr std::string_view kAlways = "always";
// The class always has it; GGUF files may lack it, or have it in another form.
inline constexpr std::string_view kInClass = "in the class";
// There are checkpoints with it and without, and the file shows which.
inline constexpr std::string_view kEitherWay = "either way";

struct HuggingFaceNames {
  std::span<const std::string_view> model_types;  // of config.json
  // Besides the common ones, which they take precedence over.
  std::span<const FieldRule> fields{};
  std::span<const TensorRule> tensors{};
  std::span<const PresenceRule> presence{};
  double rope_theta = 10000;  // where config.json does not say
  // Likewise, of a head what turns. None: config.json has no say in it, all of a head does.
  std::optional<double> rotated_share{};
  bool own_rope = false;  // adapt reads what config.json says of RoPE
  // What tables cannot say; may be null.
  void (*adapt)(HuggingFaceFields& fields) = nullptr;
  // How GGUF files differ from what the rules make (models/huggingface/gguf_form.h); may be null.
  void (*to_gguf)(GgufForm& form) = nullptr;
};

}  // namespace ingle
