#include "models/architecture.h"

#include <set>

#include "models/families.h"

namespace ingle {
namespace {

constexpr Architecture kArchitectures[] = {
    {"llama", BuildLlama, &kLlamaNames},
    {"llama", BuildLlama, &kMistralNames},
    {"llama", BuildLlama, &kMixtralNames},
    {"bert", BuildBert, &kBertNames},
    {"bert", BuildBert, &kRobertaNames},
    {"bert", BuildBert, &kDistilBertNames},
    {"ernie4_5", BuildErnie45, &kErnie45Names},
    {"exaone4", BuildExaone4, &kExaone4Names},
    {"falcon", BuildFalcon, &kFalconNames},
    {"gemma", BuildGemma, &kGemmaNames},
    {"gemma2", BuildGemma2, &kGemma2Names},
    {"gemma3", BuildGemma3, &kGemma3Names},
    {"gemma3n", BuildGemma3n, &kGemma3nNames},
    {"gemma4", BuildGemma4, &kGemma4Names},
    {"gpt2", BuildGpt2, &kGpt2Names},
    {"gptneox", BuildGptNeoX, &kGptNeoXNames},
    {"gpt-oss", BuildGptOss, &kGptOssNames},
    {"granite", BuildGranite, &kGraniteNames},
    {"granitemoe", BuildGranite, &kGraniteMoeNames},
    {"granitehybrid", BuildGraniteHybrid, &kGraniteHybridNames},
    {"lfm2", BuildLfm2, &kLfm2Names},
    {"lfm2moe", BuildLfm2, &kLfm2MoeNames},
    {"mamba2", BuildMamba2, &kMamba2Names},
    {"modern-bert", BuildModernBert, &kModernBertNames},
    {"mpt", BuildMpt, &kMptNames},
    {"nomic-bert", BuildNomicBert, &kNomicBertNames},
    {"olmo2", BuildOlmo2, &kOlmo2Names},
    {"olmo2", BuildOlmo2, &kOlmo3Names},
    {"olmoe", BuildOlmoe, &kOlmoeNames},
    {"phi2", BuildPhi2, &kPhi2Names},
    {"phi3", BuildPhi3, &kPhi3Names},
    {"qwen2", BuildQwen2, &kQwen2Names},
    {"qwen2moe", BuildQwen2Moe, &kQwen2MoeNames},
    {"qwen3", BuildQwen3, &kQwen3Names},
    {"qwen3moe", BuildQwen3Moe, &kQwen3MoeNames},
    {"qwen35", BuildQwen35, &kQwen35Names},
    {"qwen35moe", BuildQwen35, &kQwen35MoeNames},
    {"qwen3next", BuildQwen3Next, &kQwen3NextNames},
    {"smollm3", BuildSmolLm3, &kSmolLm3Names},
    {"stablelm", BuildStableLm, &kStableLmNames},
    {"starcoder2", BuildStarCoder2, &kStarCoder2Names},
    {"t5", BuildT5, &kT5Names},
    {"t5", BuildT5, &kMt5Names},
};

std::string KnownNames() {
  std::string names;
  for (const Architecture& architecture : kArchitectures) {
    if (names.ends_with(architecture.name)) continue;  // one that checkpoints name in two ways
    names += Cat(names.empty() ? "" : ", ", architecture.name);
  }
  return names;
}

// A tensor that the model does without is arithmetic that it lacks.
Status CheckAllUsed(const Checkpoint& checkpoint, const Model& model) {
  const std::vector<std::string> required = checkpoint.RequiredTensors();
  if (required.empty()) return {};
  std::set<std::string, std::less<>> used(model.ignored.begin(), model.ignored.end());
  for (const Graph* graph : GraphsOf(model)) {
    for (const Node& node : graph->nodes()) {
      if (node.op == Op::kWeight) used.insert(WeightOf(node).name);
    }
  }
  for (const std::string& tensor : required) {
    // Experts are used as a stack: "blk.0.ffn_up" for "blk.0.ffn_up.3.weight".
    const std::string_view stem = std::string_view(tensor).substr(0, tensor.rfind('.'));
    const bool expert = used.contains(stem.substr(0, stem.rfind('.')));
    if (!used.contains(tensor) && !expert) {
      const std::string because = checkpoint.Expected(tensor).because;
      return Fail(ErrorCode::kUnsupported, "tensor ", Quote(checkpoint.TensorName(tensor)),
                  " has no place in a model with these fields",
                  because.empty() ? "" : Cat(": ", because));
    }
  }
  return {};
}

}  // namespace

std::vector<const Graph*> GraphsOf(const Model& model) {
  std::vector<const Graph*> graphs{&model.graph};
  if (model.encoder) graphs.push_back(&*model.encoder);
  return graphs;
}

std::span<const Architecture> Architectures() { return kArchitectures; }

Result<Model> BuildModel(const Checkpoint& checkpoint) {
  for (const Architecture& architecture : kArchitectures) {
    if (architecture.name != checkpoint.architecture()) continue;
    auto model = architecture.build(checkpoint);
    if (!model) return Fail(model.error(), checkpoint.name());
    if (const Status used = CheckAllUsed(checkpoint, *model); !used) {
      return Fail(used.error(), checkpoint.name());
    }
    return model;
  }
  return Fail(ErrorCode::kUnsupported, checkpoint.name(), ": architecture ",
              Quote(checkpoint.architecture()), " is not supported; known are: ", KnownNames());
}

}  // namespace ingle
