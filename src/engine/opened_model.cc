#include "engine/opened_model.h"

#include <filesystem>
#include <map>

#include "engine/tokenizer_from_gguf.h"
#include "formats/gguf/gguf_file.h"
#include "models/gguf_checkpoint.h"
#include "models/huggingface/folder.h"
#include "models/huggingface/placed_tensors.h"
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

// Blocks of four bits that lie in several tensors are counted as the weights that they make.
ModelInfo InfoOf(const std::string& folder, const HuggingFaceFolder& read,
                 const PlacedTensors& placed) {
  ModelInfo info;
  info.path = folder;
  info.name = std::filesystem::path(folder).filename().string();
  for (const SafetensorsTensor& tensor : read.weights->tensors()) info.file_bytes += tensor.bytes;
  ElementCount count;
  for (const std::string& name : placed.required) {
    const PlacedTensor& tensor = placed.tensors.find(name)->second;
    count.Add(Name(tensor.type), tensor.shape.elements());
  }
  count.Report(info);
  return info;
}

// Without a tokenizer.json the folder serves ids.
Status ReadFolderTokenizer(const std::string& folder, OpenedModel& source) {
  auto files = ReadTokenizerFolder(folder);
  if (!files) return Fail(files.error());
  TokenizerFromFiles from;
  from.spec.model = "none";
  if (!files->other_form.empty()) {
    from.spec.wanted = Cat(folder, " has ", files->other_form, ", but no tokenizer.json");
  }
  if (!files->tokenizer_json.empty()) {
    auto read = ReadTokenizerFiles(*files);
    if (!read) return Fail(read.error());
    from = *std::move(read);
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
  source.modules = ReadSentenceModules(
      folder, [&](const std::string& file) { return ReadTextFile(Cat(folder, "/", file)); });
  auto read = ReadHuggingFaceFolder(folder);
  if (!read) return Fail(read.error());
  auto checkpoint = MakeHuggingFaceCheckpoint(read->files);
  if (!checkpoint) return Fail(checkpoint.error());
  source.info = InfoOf(folder, *read, (*checkpoint)->placed());
  source.checkpoint = *std::move(checkpoint);
  if (const Status tokenizer = ReadFolderTokenizer(folder, source); !tokenizer) {
    return Fail(tokenizer.error(), folder);
  }
  return source;
}

}  // namespace

Result<OpenedModel> OpenModel(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return FromFolder(path);
  return FromGguf(OpenGguf(path));
}

Result<std::unique_ptr<Tokenizer>> OpenTokenizer(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    OpenedModel source;
    if (const Status read = ReadFolderTokenizer(path, source); !read) {
      return Fail(read.error(), path);
    }
    return std::move(source.tokenizer);
  }
  const auto file = OpenGguf(path);
  if (!file) return Fail(file.error());
  return TokenizerFromGguf(*file);
}

Result<OpenedModel> OpenModel(std::shared_ptr<const ByteSource> source) {
  return FromGguf(GgufFile::Open(std::move(source)));
}

}  // namespace ingle
