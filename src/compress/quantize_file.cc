#include "compress/quantize_file.h"

#include <algorithm>
#include <vector>

#include "compress/tensor_writer.h"
#include "formats/gguf/gguf_file.h"
#include "formats/gguf/gguf_writer.h"

namespace ingle {
namespace {

struct Plan {
  GgufHeader header;
  std::vector<TensorView> from;
  std::vector<DType> to;
};

// The number under "ARCHITECTURE.key"; of one for each layer, the largest. 0 where there is none.
uint64_t Hyperparameter(const GgufFile& model, std::string_view key) {
  const Result<std::string_view> architecture = model.StringOr("general.architecture", "");
  if (!architecture) return 0;
  const GgufValue* value = model.Find(Cat(*architecture, ".", key));
  if (value == nullptr) return 0;
  if (!value->is_array()) return value->AsUint().value_or(0);
  uint64_t largest = 0;
  for (const int64_t number : value->AsInts().value_or(std::vector<int64_t>())) {
    largest = std::max(largest, static_cast<uint64_t>(std::max<int64_t>(number, 0)));
  }
  return largest;
}

MixModel ModelOf(const GgufFile& model) {
  MixModel facts;
  facts.layers = Hyperparameter(model, "block_count");
  facts.experts = Hyperparameter(model, "expert_count");
  const uint64_t heads = Hyperparameter(model, "attention.head_count");
  const uint64_t kv_heads = Hyperparameter(model, "attention.head_count_kv");
  if (kv_heads > 0) facts.heads_per_kv_head = heads / kv_heads;
  return facts;
}

Result<Plan> MakePlan(const GgufFile& model, const QuantizationMix& mix) {
  Plan plan;
  for (const GgufField& field : model.fields()) {
    if (field.key == "general.alignment" || field.key.starts_with("split.")) continue;
    plan.header.Set(field.key, field.value);
  }
  plan.header.SetUint32("general.quantization_version", kQuantizationVersion);
  plan.header.SetUint32("general.file_type", mix.file_type);

  std::vector<MixTensor> tensors;
  for (const GgufTensor& tensor : model.tensors()) tensors.push_back({tensor.name, tensor.shape});
  plan.to = TypesInMix(mix, ModelOf(model), tensors);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Result<TensorView> view = model.View(model.tensors()[i]);
    if (!view) return Fail(view.error());
    if (IsInteger(view->type)) plan.to[i] = view->type;
    plan.header.AddTensor(tensors[i].name, plan.to[i], tensors[i].shape);
    plan.from.push_back(*view);
  }
  return plan;
}

}  // namespace

Status QuantizeGguf(const std::string& in, const std::string& out, const QuantizationMix& mix,
                    const QuantizeOptions& options) {
  const Result<GgufFile> model = OpenGguf(in);
  if (!model) return Fail(model.error());
  const Result<Plan> plan = MakePlan(*model, mix);
  if (!plan) return Fail(plan.error());
  Result<GgufWriter> writer = GgufWriter::Create(out, plan->header);
  if (!writer) return Fail(writer.error());

  TensorWriter tensor_writer(options.pool);
  for (size_t i = 0; i < plan->from.size(); ++i) {
    const std::string_view name = model->tensors()[i].name;
    const TensorView& from = plan->from[i];
    const DType to = plan->to[i];
    if (options.progress) options.progress({name, i, plan->from.size(), from.type, to});
    const Status written = tensor_writer.Write(from, to, *writer);
    if (!written) return Fail(written.error(), in, ": tensor ", Quote(name));
  }
  return writer->Finish();
}

}  // namespace ingle
