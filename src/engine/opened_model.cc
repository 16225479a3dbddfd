#include "engine/opened_model.h"

#include <filesystem>
#include <map>

#include "engine/tokenizer_from_gguf.h"
#include "formats/gguf/gguf_file.h"
#include "formats/safetensors/safetensors_file.h"
#include "models/gguf_checkpoint.h"
#include "models/huggingface/checkpoint.h"
#include "tokenizer/huggingface/tokenizer_json.h"

namespace ingle {
namespace {

std::string TextOr(const GgufFile& file, std::string_view key) {
  const auto text = file.StringOr(key, "");
  return text ? std::string(*text) : "";
}

// Counts a model's elements, and finds the type that most of them have.
class ElementCount {
 public:
  void Add(std::string_view type, uint64_t elements) {
    by_type_[std::string(type)] += elements;
    all_ += elements;
  }
  void Report(ModelInfo& info) const {
    info.parameters = all_;
    uint64_t most = 0;
    for (const auto& [type, elements] : by_type_) {
      if (elements <= most) continue;
      most = elements;
      info.weight_type = type;
    }
  }

 private:
  std::map<std::string, uint64_t> by_type_;
  uint64_t all_ = 0;
};

ModelInfo InfoOf(const GgufFile& file) {
  ModelInfo info;
  info.path = file.name();
  info.name = TextOr(file, "general.name");
  info.license = TextOr(file, "general.license");
  for (size_t i = 0; i < file.parts(); ++i) info.file_bytes += file.part(i).size();
  ElementCount count;
  for (const GgufTensor& tensor : file.tensors()) {
    count.Add(tensor.type->name, tensor.shape.elements());
  }
  count.Report(info);
  return info;
}

// GGUF counts: 0 for none, mean, CLS, last, and a score where there is a classifier.
std::optional<Pooling> PoolingOf(const GgufFile& file, std::string_view architecture) {
  const auto type = file.UintOr(Cat(architecture, ".pooling_type"), 0);
  if (!type || *type < 1 || *type > 3) return std::nullopt;
  return static_cast<Pooling>(*type - 1);
}

Result<OpenedModel> FromGguf(Result<GgufFile> opened) {
  if (!opened) return Fail(opened.error());
  const auto file = std::make_shared<const GgufFile>(std::move(*opened));
  OpenedModel source;
  source.name = file->name();
  source.info = InfoOf(*file);
  auto checkpoint = MakeGgufCheckpoint(file);
  if (!checkpoint) return Fail(checkpoint.error());
  source.checkpoint = std::move(*checkpoint);
  source.modules.pooling = PoolingOf(*file, source.checkpoint->architecture());
  auto tokenizer = TokenizerFromGguf(*file);
  if (!tokenizer) return Fail(tokenizer.error());
  source.tokenizer = std::move(*tokenizer);
  const auto chat_template = file->StringOr("tokenizer.chat_template", "");
  if (!chat_template) return Fail(chat_template.error());
  source.chat_template = *chat_template;
  source.chat_template_field = "tokenizer.chat_template";
  return source;
}

// A whole text file; nothing where there is none.
Result<std::optional<std::string>> ReadText(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::optional<std::string>();
  const auto source = OpenFile(path);
  if (!source) return Fail(source.error());
  const auto bytes = (*source)->View(0, (*source)->size());
  if (!bytes) return Fail(bytes.error());
  return std::optional(std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()));
}

Result<HuggingFaceFiles> ReadFolder(const std::string& folder, ModelInfo& info) {
  const auto config = ReadText(folder + "/config.json");
  if (!config) return Fail(config.error());
  if (!*config) {
    return Fail(ErrorCode::kNotFound, folder, " has no config.json, so it is no checkpoint");
  }
  auto opened = OpenSafetensors(folder);
  if (!opened) return Fail(opened.error());
  const auto weights = std::make_shared<const SafetensorsFile>(*std::move(opened));
  HuggingFaceFiles files{folder, **config, {}, weights};
  ElementCount count;
  for (const SafetensorsTensor& tensor : weights->tensors()) {
    count.Add(tensor.type->name, tensor.shape.elements());
    info.file_bytes += tensor.bytes;
    const auto view = weights->View(tensor);
    files.tensors.push_back(
        {tensor.name, std::string(tensor.type->name), view ? std::optional(*view) : std::nullopt});
  }
  count.Report(info);
  return files;
}

// Without a tokenizer.json the folder serves ids.
Status ReadFolderTokenizer(const std::string& folder, OpenedModel& source) {
  TokenizerFiles files;
  const std::pair<const char*, std::string*> names[] = {
      {"tokenizer.json", &files.tokenizer_json},
      {"tokenizer_config.json", &files.tokenizer_config_json},
      {"special_tokens_map.json", &files.special_tokens_map_json},
      {"generation_config.json", &files.generation_config_json},
      {"config.json", &files.config_json},
      {"chat_template.jinja", &files.chat_template_jinja}};
  for (const auto& [name, text] : names) {
    const auto read = ReadText(Cat(folder, "/", name));
    if (!read) return Fail(read.error());
    *text = read->value_or("");
  }
  TokenizerSpec none;
  none.model = "none";
  TokenizerFromFiles from{none, {}, {}, {}};
  if (!files.tokenizer_json.empty()) {
    auto found = ReadTokenizerFiles(files);
    if (!found) return Fail(found.error());
    from = *std::move(found);
  }
  auto tokenizer = Tokenizer::Create(from.spec);
  if (!tokenizer) return Fail(tokenizer.error());
  source.tokenizer = *std::move(tokenizer);
  source.chat_template = std::move(from.chat_template);
  source.chat_template_field = std::move(from.chat_template_field);
  return {};
}

Result<OpenedModel> FromFolder(const std::string& folder) {
  OpenedModel source;
  source.name = folder;
  source.info.path = folder;
  source.info.name = std::filesystem::path(folder).filename().string();
  source.modules = ReadSentenceModules(
      folder, [&](const std::string& file) { return ReadText(Cat(folder, "/", file)); });
  auto files = ReadFolder(folder, source.info);
  if (!files) return Fail(files.error());
  auto checkpoint = MakeHuggingFaceCheckpoint(*std::move(files));
  if (!checkpoint) return Fail(checkpoint.error());
  source.checkpoint = std::move(*checkpoint);
  if (const Status read = ReadFolderTokenizer(folder, source); !read) {
    return Fail(read.error(), folder);
  }
  return source;
}

}  // namespace

Result<OpenedModel> OpenModel(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return FromFolder(path);
  return FromGguf(OpenGguf(path));
}

Result<OpenedModel> OpenModel(std::shared_ptr<const ByteSource> source) {
  return FromGguf(GgufFile::Open(std::move(source)));
}

}  // namespace ingle
