#include "models/huggingface/gguf_form.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <tuple>

namespace ingle {
namespace {

// Fields that files have as counts and as flags; other numbers are floats, other lists counts.
constexpr std::string_view kCounts[] = {"block_count",
                                        "embedding_length",
                                        "embedding_length_per_layer_input",
                                        "altup.num_inputs",
                                        "altup.active_idx",
                                        "feed_forward_length",
                                        "context_length",
                                        "longest_context",
                                        "vocab_size",
                                        "attention.head_count",
                                        "attention.head_count_kv",
                                        "attention.key_length",
                                        "attention.value_length",
                                        "attention.key_length_swa",
                                        "attention.value_length_swa",
                                        "attention.relative_buckets_count",
                                        "attention.relative_max_distance",
                                        "attention.sliding_window",
                                        "attention.sliding_window_pattern",
                                        "attention.shared_kv_layers",
                                        "attention.relative_buckets_count",
                                        "attention.relative_max_distance",
                                        "decoder_block_count",
                                        "decoder_start_token_id",
                                        "pad_token_id",
                                        "rope.dimension_count",
                                        "rope.dimension_count_swa",
                                        "rope.scaling.original_context_length",
                                        "decoder_block_count",
                                        "decoder_start_token_id",
                                        "expert_count",
                                        "expert_used_count",
                                        "expert_feed_forward_length",
                                        "expert_shared_feed_forward_length",
                                        "expert_gating_func",
                                        "leading_dense_block_count",
                                        "full_attention_interval",
                                        "shortconv.l_cache",
                                        "ssm.conv_kernel",
                                        "ssm.inner_size",
                                        "ssm.state_size",
                                        "ssm.time_step_rank",
                                        "ssm.group_count",
                                        "pooling_type"};
constexpr std::string_view kFlags[] = {
    "altup.correct_scale",    "feed_forward.gated",        "headless",
    "use_parallel_residual",  "expert_weights_norm",       "attention.causal",
    "rope.scaling.finetuned", "rope.scaling.yarn_truncate"};
constexpr std::string_view kFlagLists[] = {"attention.sliding_window_pattern",
                                           "attention.recurrent_layers"};
constexpr std::string_view kFloatLists[] = {"activation_sparsity_scale"};
// What a file says by the tensors that it has.
constexpr std::string_view kNotWritten[] = {"tied", "rope.pairs"};

template <size_t n>
bool IsOneOf(const std::string_view (&keys)[n], std::string_view key) {
  return std::find(std::begin(keys), std::end(keys), key) != std::end(keys);
}

uint64_t SizeOf(double number) {
  return number >= 0 && number <= 4294967295.0 ? static_cast<uint64_t>(number) : 0;
}

Result<ChangedTensor> Allocate(DType type, const Shape& shape) {
  ChangedTensor made{{type, shape, nullptr}, nullptr};
  made.memory = AllocateAligned(made.view.bytes());
  if (!made.memory) {
    return Fail(ErrorCode::kOutOfMemory, "no memory for ", made.view.bytes(), " bytes");
  }
  made.view.data = made.memory.get();
  return made;
}

// The layer in "blk.12.", or -1.
int64_t LayerOf(std::string_view name) {
  if (!name.starts_with("blk.")) return -1;
  int64_t layer = 0;
  for (const char c : name.substr(4, 9)) {
    if (c < '0' || c > '9') break;
    layer = layer * 10 + (c - '0');
  }
  return layer;
}

// What stands after the layers in files.
bool IsOfTheEnd(std::string_view name) {
  return name.starts_with("output") || name.starts_with("cls");
}

}  // namespace

GgufForm::GgufForm(const HuggingFaceCheckpoint& checkpoint)
    : architecture_(checkpoint.architecture()),
      config_(checkpoint.fields()),
      fields_(config_.fields()),
      tensors_(checkpoint.placed().tensors) {}

Result<GgufForm> GgufForm::Of(const HuggingFaceCheckpoint& checkpoint) {
  GgufForm form(checkpoint);
  form.TellMagnitude();
  // The common default of a norm that the model does not have.
  if (form.fields_.contains("attention.layer_norm_epsilon")) {
    form.Erase("attention.layer_norm_rms_epsilon");
  }
  // Dense models whose configurations have a number of experts all the same.
  if (form.Key("expert_count", 1) == 0) form.Erase("expert_used_count");
  if (checkpoint.names().to_gguf != nullptr) checkpoint.names().to_gguf(form);
  form.InterleaveRotated();
  for (uint32_t layer = 0; !form.keeps_fused_ && layer < form.layers(); ++layer) {
    const std::string blk = Cat("blk.", layer, ".ffn_");
    for (const char* part : {".weight", ".bias"}) {
      form.SplitGateAndUp(Cat(blk, "gate_up_exps", part), Cat(blk, "gate_exps", part),
                          Cat(blk, "up_exps", part), false);
    }
  }
  form.StackNumbered(".ffn_", "_exps");
  for (const std::string_view key : kNotWritten) form.Erase(key);
  if (form.error_) return Fail(*form.error_, checkpoint.name());
  return form;
}

// ---- Fields ---------------------------------------------------------------------------------

double GgufForm::Key(std::string_view key, double otherwise) const {
  const auto found = fields_.find(key);
  if (found == fields_.end()) return otherwise;
  const auto* number = std::get_if<double>(&found->second);
  return number == nullptr ? otherwise : *number;
}

std::string GgufForm::Text(std::string_view key) const {
  const auto found = fields_.find(key);
  if (found == fields_.end()) return {};
  const auto* text = std::get_if<std::string>(&found->second);
  return text == nullptr ? std::string() : *text;
}

std::vector<double> GgufForm::List(std::string_view key) const {
  const auto found = fields_.find(key);
  if (found == fields_.end()) return {};
  const auto* list = std::get_if<std::vector<double>>(&found->second);
  return list == nullptr ? std::vector<double>() : *list;
}

void GgufForm::Set(std::string_view key, Field field) {
  fields_.insert_or_assign(std::string(key), std::move(field));
}

void GgufForm::Erase(std::string_view key) {
  if (const auto found = fields_.find(key); found != fields_.end()) fields_.erase(found);
}

uint32_t GgufForm::layers() const {
  return static_cast<uint32_t>(std::min<uint64_t>(SizeOf(Key("block_count", 0)), 1024));
}

// Of YaRN, llama.cpp takes the magnitude for 1 + 0.1 ln(factor) and reads only what is to be
// multiplied with that.
void GgufForm::TellMagnitude() {
  const double magnitude = Key("rope.scaling.yarn_attn_factor", 0);
  if (magnitude == 0) return;
  Erase("rope.scaling.yarn_attn_factor");
  const double factor = Key("rope.scaling.factor", 1);
  const double ratio = magnitude / (factor <= 1 ? 1 : 1 + 0.1 * std::log(factor));
  if (std::abs(ratio - 1) > 1e-9) Set("rope.scaling.attn_factor", ratio);
}

namespace {

void WriteNumber(GgufHeader& header, const std::string& key, std::string_view name, double number) {
  if (IsOneOf(kFlags, name)) return header.SetBool(key, number != 0);
  if (IsOneOf(kCounts, name)) return header.SetUint32(key, static_cast<uint32_t>(SizeOf(number)));
  header.SetFloat32(key, static_cast<float>(std::clamp(number, -3.4e38, 3.4e38)));
}

void WriteList(GgufHeader& header, const std::string& key, std::string_view name,
               const std::vector<double>& list) {
  if (IsOneOf(kFlagLists, name)) {
    std::vector<bool> flags;
    for (const double number : list) flags.push_back(number != 0);
    return header.SetBools(key, flags);
  }
  if (IsOneOf(kFloatLists, name)) {
    std::vector<float> floats;
    for (const double number : list) floats.push_back(static_cast<float>(number));
    return header.SetFloats(key, floats);
  }
  std::vector<int32_t> counts;
  for (const double number : list) {
    counts.push_back(static_cast<int32_t>(std::clamp(number, -2147483648.0, 2147483647.0)));
  }
  header.SetInts(key, counts);
}

}  // namespace

void GgufForm::WriteFields(GgufHeader& header) const {
  for (const auto& [name, field] : fields_) {
    const std::string key = Cat(architecture_, ".", name);
    if (const auto* number = std::get_if<double>(&field)) {
      WriteNumber(header, key, name, *number);
    } else if (const auto* text = std::get_if<std::string>(&field)) {
      header.SetString(key, *text);
    } else if (const auto* list = std::get_if<std::vector<double>>(&field)) {
      WriteList(header, key, name, *list);
    } else if (const auto* texts = std::get_if<std::vector<std::string>>(&field)) {
      const std::vector<std::string_view> views(texts->begin(), texts->end());
      header.SetStrings(key, views);
    }
  }
}

// ---- Tensors --------------------------------------------------------------------------------

std::vector<std::string> GgufForm::TensorNames() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors_) names.push_back(name);
  const auto place = [](const std::string& name) {
    return std::tuple(IsOfTheEnd(name), name != "token_embd.weight", LayerOf(name));
  };
  std::stable_sort(names.begin(), names.end(),
                   [&](const std::string& a, const std::string& b) { return place(a) < place(b); });
  return names;
}

const PlacedTensor* GgufForm::Find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

void GgufForm::Drop(const std::string& name) { tensors_.erase(name); }

void GgufForm::Rename(const std::string& from, const std::string& to) {
  auto node = tensors_.extract(from);
  if (node.empty()) return;
  node.key() = to;
  tensors_.insert(std::move(node));
}

void GgufForm::Refuse(std::string_view tensor, std::string_view problem) {
  if (!error_) {
    error_ = Error(ErrorCode::kUnsupported, Cat("tensor ", Quote(tensor), " ", problem));
  }
}

void GgufForm::Reshape(const std::string& name, const Shape& shape) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return;
  if (found->second.shape.elements() != shape.elements()) {
    return Refuse(
        name, Cat("is ", ToString(found->second.shape), ", where ", ToString(shape), " is needed"));
  }
  found->second.shape = shape;
  found->second.make = [make = std::move(found->second.make), shape]() -> Result<ChangedTensor> {
    auto made = make();
    if (made) made->view.shape = shape;
    return made;
  };
}

void GgufForm::Take(const std::string& from, const std::string& to, std::vector<uint64_t> units,
                    uint64_t unit_elements, const Shape& shape) {
  const PlacedTensor source = tensors_.find(from)->second;
  if (unit_elements % Info(source.type).block_elements != 0) {
    return Refuse(from, "is quantized in blocks that would have to be taken apart");
  }
  const auto make = [source, units = std::move(units), unit_elements,
                     shape]() -> Result<ChangedTensor> {
    const auto made = source.make();
    if (!made) return Fail(made.error());
    auto taken = Allocate(source.type, shape);
    if (!taken) return taken;
    const uint64_t bytes = RowBytes(source.type, unit_elements);
    std::byte* out = taken->memory.get();
    for (const uint64_t unit : units) {
      std::memcpy(out, made->view.data + unit * bytes, bytes);
      out += bytes;
    }
    return taken;
  };
  tensors_.insert_or_assign(to, PlacedTensor{source.type, shape, make});
}

void GgufForm::ReorderRows(const std::string& name, const std::vector<uint64_t>& rows) {
  const PlacedTensor* tensor = Find(name);
  if (tensor == nullptr) return;
  const bool vector = tensor->shape.rank() <= 1;
  const uint64_t count = vector ? tensor->shape.elements() : tensor->shape.rows();
  if (count != rows.size()) {
    return Refuse(name, Cat("has ", count, " rows, where ", rows.size(), " are needed"));
  }
  Take(name, name, rows, vector ? 1 : tensor->shape.columns(), Shape(tensor->shape));
}

void GgufForm::ReorderColumns(const std::string& name, const std::vector<uint64_t>& columns) {
  const PlacedTensor* tensor = Find(name);
  if (tensor == nullptr) return;
  if (tensor->shape.columns() != columns.size()) {
    return Refuse(name, Cat("has ", tensor->shape.columns(), " columns, where ", columns.size(),
                            " are needed"));
  }
  std::vector<uint64_t> elements;
  for (uint64_t row = 0; row < tensor->shape.rows(); ++row) {
    for (const uint64_t column : columns) elements.push_back(row * columns.size() + column);
  }
  Take(name, name, std::move(elements), 1, Shape(tensor->shape));
}

void GgufForm::SplitGateAndUp(const std::string& both, const std::string& gate,
                              const std::string& up, bool in_turn) {
  const PlacedTensor* tensor = Find(both);
  if (tensor == nullptr) return;
  // The last extent is the row's but in biases, which have an element for each row.
  const bool bias = both.ends_with(".bias");
  const Shape& shape = tensor->shape;
  const int axis = shape.rank() - (bias ? 1 : 2);
  if (axis < 0 || shape[axis] % 2 != 0) return Refuse(both, "is no gate and up of one size");
  const uint64_t half = shape[axis] / 2;
  const uint64_t stacks = shape.elements() / (shape[axis] * (bias ? 1 : shape.columns()));
  Shape part;
  for (int i = 0; i < shape.rank(); ++i) part.Append(i == axis ? half : shape[i]);
  for (const bool is_up : {false, true}) {
    std::vector<uint64_t> units;
    for (uint64_t stack = 0; stack < stacks; ++stack) {
      for (uint64_t i = 0; i < half; ++i) {
        const uint64_t row = in_turn ? 2 * i + (is_up ? 1 : 0) : i + (is_up ? half : 0);
        units.push_back(stack * 2 * half + row);
      }
    }
    Take(both, is_up ? up : gate, std::move(units), bias ? 1 : shape.columns(), part);
  }
  if (both != gate && both != up) Drop(both);
}

// transformers turns element i of a head with i + d / 2, these files with the one beside it.
void GgufForm::InterleaveRotated() {
  const auto pairs = fields_.find("rope.pairs");
  if (pairs == fields_.end()) return;
  const uint64_t heads = std::max<uint64_t>(1, SizeOf(Key("attention.head_count", 1)));
  const uint64_t width = SizeOf(Key("embedding_length", 0));
  const uint64_t share = width / heads;
  const uint64_t size = SizeOf(Key("attention.key_length", static_cast<double>(share)));
  const uint64_t turned = SizeOf(Key("rope.dimension_count", static_cast<double>(size)));
  std::vector<uint64_t> order;
  for (uint64_t i = 0; i < turned; ++i) order.push_back(i % 2 * (turned / 2) + i / 2);
  for (uint64_t i = turned; i < size; ++i) order.push_back(i);
  for (auto& [name, tensor] : std::map(tensors_)) {
    const bool turns =
        name.find(".attn_q.") != std::string::npos || name.find(".attn_k.") != std::string::npos;
    if (!turns || size == 0) continue;
    const uint64_t rows = tensor.shape.rank() <= 1 ? tensor.shape.elements() : tensor.shape.rows();
    std::vector<uint64_t> all;
    for (uint64_t head = 0; head < rows / size; ++head) {
      for (const uint64_t i : order) all.push_back(head * size + i);
    }
    ReorderRows(name, all);
  }
}

void GgufForm::Stack(const std::string& to, const std::map<int, PlacedTensor>& parts) {
  const PlacedTensor first = parts.begin()->second;
  int next = 0;
  for (const auto& [number, part] : parts) {
    if (number == next++ && part.shape == first.shape && part.type == first.type) continue;
    return Refuse(to, Cat("lacks its part ", next - 1, ", or has it unlike the first"));
  }
  Shape shape{parts.size()};
  for (int i = 0; i < first.shape.rank(); ++i) shape.Append(first.shape[i]);
  const auto make = [parts, type = first.type, shape]() -> Result<ChangedTensor> {
    auto stack = Allocate(type, shape);
    if (!stack) return stack;
    std::byte* out = stack->memory.get();
    for (const auto& [number, part] : parts) {
      const auto made = part.make();
      if (!made) return Fail(made.error());
      std::memcpy(out, made->view.data, made->view.bytes());
      out += made->view.bytes();
    }
    return stack;
  };
  tensors_.insert_or_assign(to, PlacedTensor{first.type, shape, make});
}

// "blk.0.ffn_up.3.weight" and its neighbours: "blk.0.ffn_up_exps.weight".
void GgufForm::StackNumbered(std::string_view within, std::string_view suffix) {
  std::map<std::string, std::map<int, PlacedTensor>> stacks;
  for (auto it = tensors_.begin(); it != tensors_.end();) {
    const std::string_view name = it->first;
    const size_t end = name.rfind('.');
    const size_t dot = end == std::string_view::npos ? end : name.substr(0, end).rfind('.');
    const bool numbered = name.find(within) != std::string_view::npos && end - dot - 1 <= 5 &&
                          name.substr(dot + 1, end - dot - 1).find_first_not_of("0123456789") ==
                              std::string_view::npos;
    if (!numbered) {
      ++it;
      continue;
    }
    const int number = std::stoi(std::string(name.substr(dot + 1, end - dot - 1)));
    stacks[Cat(name.substr(0, dot), suffix, name.substr(end))].emplace(number, it->second);
    it = tensors_.erase(it);
  }
  for (const auto& [name, parts] : stacks) Stack(name, parts);
}

}  // namespace ingle
