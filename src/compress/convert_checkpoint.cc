#include "compress/convert_checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <vector>

#include "compress/tensor_writer.h"
#include "models/architecture.h"
#include "models/huggingface/folder.h"
#include "models/huggingface/gguf_form.h"
#include "models/huggingface/model_card.h"
#include "models/huggingface/sentence_modules.h"

namespace ingle {
namespace {

std::string NameOf(const std::string& folder) {
  const auto path = std::filesystem::path(folder).lexically_normal();
  return (path.has_filename() ? path.filename() : path.parent_path().filename()).string();
}

// What a file says of itself beside the model's own fields.
Status WriteCard(const std::string& folder, std::string_view architecture, GgufHeader& header) {
  header.SetString("general.architecture", architecture);
  header.SetString("general.type", "model");
  header.SetString("general.name", NameOf(folder));
  const auto readme = ReadTextFile(folder + "/README.md");
  if (!readme) return Fail(readme.error());
  const ModelCard card = ReadModelCard(readme->value_or(""));
  if (!card.license.empty()) header.SetString("general.license", card.license);
  if (!card.license_name.empty()) header.SetString("general.license.name", card.license_name);
  if (!card.license_link.empty()) header.SetString("general.license.link", card.license_link);
  return {};
}

// GGUF counts from one what makes one vector of a text.
void WritePooling(const std::string& folder, std::string_view architecture, GgufHeader& header) {
  const SentenceModules modules = ReadSentenceModules(
      folder, [&](const std::string& file) { return ReadTextFile(Cat(folder, "/", file)); });
  if (!modules.pooling) return;
  header.SetUint32(Cat(architecture, ".pooling_type"), static_cast<uint32_t>(*modules.pooling) + 1);
}

void WriteTokenizer(const GgufForm& form, GgufHeader& header) {
  header.SetString("tokenizer.ggml.model", "none");
  if (form.Key("attention.causal", 1) != 0) return;
  // llama.cpp wants it of every encoder.
  const PlacedTensor* kinds = form.Find("token_types.weight");
  const uint64_t count = kinds == nullptr ? 1 : kinds->shape.rows();
  header.SetUint32("tokenizer.ggml.token_type_count", static_cast<uint32_t>(count));
}

MixModel ModelOf(const GgufForm& form) {
  MixModel model;
  model.layers = form.layers();
  const double experts = form.Key("expert_count", 0);
  if (experts >= 1 && experts < 1e6) model.experts = static_cast<uint64_t>(experts);
  const double heads = form.Key("attention.head_count", 1);
  double kv_heads = form.Key("attention.head_count_kv", 0);
  for (const double of_layer : form.List("attention.head_count_kv")) {
    kv_heads = std::max(kv_heads, of_layer);
  }
  if (kv_heads >= 1 && heads >= kv_heads && heads < 1e6) {
    model.heads_per_kv_head = static_cast<uint64_t>(heads / kv_heads);
  }
  return model;
}

// Without a mix, matrices keep their types.
std::vector<DType> TypesFor(const GgufForm& form, const std::vector<std::string>& names,
                            const QuantizationMix* mix) {
  std::vector<MixTensor> tensors;
  for (const std::string& name : names) tensors.push_back({name, form.tensor(name).shape});
  if (mix != nullptr) return TypesInMix(*mix, ModelOf(form), tensors);
  std::vector<DType> types;
  for (const MixTensor& tensor : tensors) {
    const DType own = form.tensor(std::string(tensor.name)).type;
    types.push_back(TakesMixedTypes(tensor) ? own : DType::kF32);
  }
  return types;
}

// What files call the type that most weights have.
uint32_t FileType(const GgufForm& form, const std::vector<std::string>& names,
                  const std::vector<DType>& types) {
  std::map<DType, uint64_t> elements;
  for (size_t i = 0; i < names.size(); ++i) {
    elements[types[i]] += form.tensor(names[i]).shape.elements();
  }
  const auto most =
      std::max_element(elements.begin(), elements.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == elements.end()) return 0;
  for (const QuantizationMix& mix : QuantizationMixes()) {
    if (Name(most->first) == mix.name || mix.experts.type == most->first) return mix.file_type;
  }
  return 0;
}

Status WriteTensors(const GgufForm& form, const std::vector<std::string>& names,
                    const std::vector<DType>& types, const QuantizeOptions& options,
                    GgufWriter& writer) {
  TensorWriter tensor_writer(options.pool);
  for (size_t i = 0; i < names.size(); ++i) {
    const PlacedTensor& placed = form.tensor(names[i]);
    if (options.progress) {
      options.progress({names[i], i, names.size(), placed.type, types[i]});
    }
    const auto tensor = placed.make();
    if (!tensor) return Fail(tensor.error());
    if (const Status s = tensor_writer.Write(tensor->view, types[i], writer); !s) {
      return Fail(s.error(), "tensor ", Quote(names[i]));
    }
  }
  return {};
}

}  // namespace

Status ConvertCheckpoint(const std::string& folder, const std::string& out,
                         const QuantizationMix* mix, const QuantizeOptions& options) {
  auto read = ReadHuggingFaceFolder(folder);
  if (!read) return Fail(read.error());
  const auto checkpoint = MakeHuggingFaceCheckpoint(std::move(read->files), Matrices::kDescribed);
  if (!checkpoint) return Fail(checkpoint.error());
  if (const auto model = BuildModel(**checkpoint); !model) return Fail(model.error());
  const auto form = GgufForm::Of(**checkpoint);
  if (!form) return Fail(form.error());

  const std::vector<std::string> names = form->TensorNames();
  const std::vector<DType> types = TypesFor(*form, names, mix);
  GgufHeader header;
  if (const Status s = WriteCard(folder, form->architecture(), header); !s) return s;
  header.SetUint32("general.file_type",
                   mix != nullptr ? mix->file_type : FileType(*form, names, types));
  header.SetUint32("general.quantization_version", kQuantizationVersion);
  form->WriteFields(header);
  WritePooling(folder, form->architecture(), header);
  WriteTokenizer(*form, header);
  for (size_t i = 0; i < names.size(); ++i) {
    header.AddTensor(names[i], types[i], form->tensor(names[i]).shape);
  }
  Result<GgufWriter> writer = GgufWriter::Create(out, header);
  if (!writer) return Fail(writer.error());
  if (const Status s = WriteTensors(*form, names, types, options, *writer); !s) {
    return Fail(s.error(), folder);
  }
  return writer->Finish();
}

}  // namespace ingle
