// make_model SHAPE TYPE OUT.gguf: a model file with random weights, to measure with.
#include <cstdio>
#include <string>

#include "random_model.h"

namespace ingle {
namespace {

constexpr int kFailure = 1;
constexpr int kWrongUsage = 2;

int Usage() {
  std::fputs("usage: make_model SHAPE TYPE OUT.gguf\nshapes:", stderr);
  for (const StandardShape& shape : StandardShapes()) {
    std::fprintf(stderr, " %s", std::string(shape.name).c_str());
  }
  std::fputs("\ntypes:", stderr);
  for (const QuantizationMix& mix : QuantizationMixes()) {
    std::fprintf(stderr, " %s", std::string(mix.name).c_str());
  }
  std::fputs("\n", stderr);
  return kWrongUsage;
}

int Main(int argc, char** argv) {
  if (argc != 4) return Usage();
  const StandardShape* shape = FindStandardShape(argv[1]);
  const QuantizationMix* mix = FindQuantizationMix(argv[2]);
  if (shape == nullptr || mix == nullptr) return Usage();
  const Status written = WriteRandomModel(*shape, *mix, argv[3]);
  if (written) return 0;
  std::fprintf(stderr, "make_model: %s\n", written.error().message().c_str());
  return kFailure;
}

}  // namespace
}  // namespace ingle

int main(int argc, char** argv) { return ingle::Main(argc, argv); }
