// What well-formed files give.
#include "formats/safetensors/safetensors_file.h"

#include <gtest/gtest.h>

#include "formats/safetensors/safetensors_writer.h"

namespace ingle {
namespace {

SafetensorsFile OpenBytes(std::string bytes) {
  Result<SafetensorsFile> file =
      SafetensorsFile::Open(MakeMemorySource(std::move(bytes), "model.safetensors"));
  EXPECT_TRUE(file) << file.error().message();
  return std::move(file).value();
}

std::string WithHeader(std::string_view json, size_t data_bytes) {
  const uint64_t length = json.size();
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof(length));
  bytes += json;
  for (size_t i = 0; i < data_bytes; ++i) bytes += static_cast<char>('a' + i % 26);
  return bytes;
}

TEST(SafetensorsFile, TensorsAreViewsInTheOrderOfTheirData) {
  const SafetensorsFile file =
      OpenBytes(WithHeader(R"({"second":{"dtype":"F16","shape":[2,3],"data_offsets":[8,20]},)"
                           R"("__metadata__":{"format":"pt","note":"a\nb"},)"
                           R"("first":{"data_offsets":[0,8],"shape":[2],"dtype":"I32"}}   )",
                           20));
  ASSERT_EQ(file.tensors().size(), 2u);
  EXPECT_EQ(file.tensors()[0].name, "first");
  EXPECT_EQ(file.tensors()[0].bytes, 8u);
  EXPECT_EQ(file.tensors()[1].part, 0u);
  EXPECT_EQ(file.parts(), 1u);

  const TensorView view = file.Tensor("second").value();
  EXPECT_EQ(view.type, DType::kF16);
  EXPECT_EQ(view.shape, (Shape{2, 3}));
  EXPECT_EQ(view.bytes(), 12u);
  EXPECT_EQ(static_cast<char>(view.data[0]), 'i');
  EXPECT_EQ(file.part(0).View(file.tensors()[1].offset, 12).value().data(), view.data);

  ASSERT_EQ(file.metadata().size(), 2u);
  EXPECT_EQ(file.metadata()[1].second, "a\nb");
  const Result<TensorView> absent = file.Tensor("third");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(absent.error().message(), "model.safetensors: tensor 'third' is missing");
}

TEST(SafetensorsFile, NothingAtAll) {
  EXPECT_TRUE(OpenBytes(WithHeader("{}", 0)).tensors().empty());
  EXPECT_TRUE(OpenBytes(WithHeader(R"({"__metadata__":null})", 0)).metadata().empty());
}

TEST(SafetensorsFile, ScalarsAndEmptyTensors) {
  const SafetensorsFile file =
      OpenBytes(WithHeader(R"({"scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                           R"("empty":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},)"
                           R"("also":{"dtype":"F32","shape":[3,0],"data_offsets":[4,4]}})",
                           4));
  EXPECT_EQ(file.Tensor("scalar").value().shape.elements(), 1u);
  EXPECT_EQ(file.Tensor("empty").value().bytes(), 0u);
  EXPECT_EQ(file.Tensor("also").value().bytes(), 0u);
}

// A type that Ingle has no use for does not keep the others from being read.
TEST(SafetensorsFile, TypesKnownByNameAndSize) {
  const SafetensorsFile file =
      OpenBytes(WithHeader(R"({"c":{"dtype":"C64","shape":[1],"data_offsets":[0,8]},)"
                           R"("f4":{"dtype":"F4","shape":[6],"data_offsets":[8,11]},)"
                           R"("f6":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[11,14]},)"
                           R"("u":{"dtype":"U8","shape":[1],"data_offsets":[14,15]}})",
                           15));
  EXPECT_EQ(file.FindTensor("f6")->type->name, "F6_E2M3");
  EXPECT_TRUE(file.Tensor("u"));
  const Result<TensorView> view = file.Tensor("f4");
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(view.error().message(),
            "model.safetensors: tensor 'f4' is of type F4, which Ingle cannot compute with");
}

TEST(SafetensorsFile, FiveDimensions) {
  const SafetensorsFile file = OpenBytes(
      WithHeader(R"({"conv":{"dtype":"U8","shape":[1,2,1,2,2],"data_offsets":[0,8]}})", 8));
  EXPECT_EQ(file.Tensor("conv").value().shape, (Shape{1, 2, 1, 2, 2}));
}

// Other writers do not pad the header.
TEST(SafetensorsFile, DataNeedNotBeAligned) {
  const SafetensorsFile file =
      OpenBytes(WithHeader(R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                           R"("f":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}} )",
                           5));
  const TensorView byte = file.Tensor("b").value();
  const TensorView view = file.Tensor("f").value();
  EXPECT_EQ(view.data - byte.data, 1);
  EXPECT_FALSE(IsAligned(byte, 4) && IsAligned(view, 4));
  EXPECT_TRUE(IsAligned(view, 1));
}

TEST(SafetensorsFile, CopiesShareTheSource) {
  std::optional<SafetensorsFile> file =
      OpenBytes(WithHeader(R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1));
  const SafetensorsFile copy = *file;
  file.reset();
  EXPECT_EQ(static_cast<char>(*copy.Tensor("b").value().data), 'a');
}

TEST(SafetensorsTypes, NamesOfDTypesAreTheirOwn) {
  int types = 0;
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    const SafetensorsType* type = FindSafetensorsType(dtype);
    EXPECT_EQ(type == nullptr, IsQuantized(dtype)) << Name(dtype);
    if (type == nullptr) continue;
    EXPECT_EQ(type->name, Name(dtype));
    EXPECT_EQ(type->bits, 8 * Info(dtype).block_bytes);
    EXPECT_EQ(FindSafetensorsType(type->name), type);
    ++types;
  }
  EXPECT_EQ(types, 12);
  EXPECT_EQ(FindSafetensorsType(std::string_view("f32")), nullptr);
}

}  // namespace
}  // namespace ingle
