// Files that lie. Each must be refused with a message that names the file and the thing, without a
// crash and without memory out of proportion to the file.
#include <gtest/gtest.h>

#include "formats/safetensors/safetensors_file.h"

namespace ingle {
namespace {

std::string WithHeader(std::string_view json, std::string_view data) {
  const uint64_t length = json.size();
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof(length));
  return bytes.append(json).append(data);
}

Result<SafetensorsFile> Open(std::string bytes) {
  return SafetensorsFile::Open(MakeMemorySource(std::move(bytes), "bad.safetensors"));
}

void ExpectRefused(const std::string& bytes, std::string_view part_of_message,
                   ErrorCode code = ErrorCode::kCorrupt) {
  const Result<SafetensorsFile> file = Open(bytes);
  ASSERT_FALSE(file) << "accepted; expected: " << part_of_message;
  EXPECT_EQ(file.error().code(), code) << file.error().message();
  EXPECT_TRUE(file.error().message().starts_with("bad.safetensors: ")) << file.error().message();
  EXPECT_NE(file.error().message().find(part_of_message), std::string::npos)
      << file.error().message();
}

// A header and sixteen bytes of data.
void ExpectHeaderRefused(std::string_view json, std::string_view part_of_message) {
  ExpectRefused(WithHeader(json, "0123456789abcdef"), part_of_message);
}

constexpr std::string_view kSample =
    R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
    R"("b":{"dtype":"BF16","shape":[2,2],"data_offsets":[8,16]}})";

std::string Sample() { return WithHeader(kSample, "0123456789abcdef"); }

std::string Tensor(std::string_view dtype, std::string_view shape, std::string_view offsets) {
  return Cat(R"({"a":{"dtype":")", dtype, R"(","shape":)", shape, R"(,"data_offsets":)", offsets,
             "}}");
}

TEST(HostileSafetensors, SampleIsFine) { EXPECT_TRUE(Open(Sample())); }

TEST(HostileSafetensors, EveryTruncation) {
  const std::string whole = Sample();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Open(whole.substr(0, size))) << "accepted after " << size << " bytes";
  }
  EXPECT_FALSE(Open(whole + "x"));
}

TEST(HostileSafetensors, EveryByteFlipped) {
  const std::string whole = Sample();
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char flip : {'\x01', '\x02', '\x10', '\x80', '\xff'}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ flip);
      const Result<SafetensorsFile> file = Open(bytes);
      if (!file) continue;
      for (const SafetensorsTensor& tensor : file->tensors()) {
        const std::byte last = tensor.data[tensor.bytes - 1];
        EXPECT_EQ(static_cast<char>(last), bytes[tensor.offset + tensor.bytes - 1]);
      }
    }
  }
}

TEST(HostileSafetensors, OtherFormats) {
  ExpectRefused("", "not a safetensors file; the file is empty");
  ExpectRefused("GGUF\x03", "not a safetensors file; it is a GGUF file");
  ExpectRefused("<!DOCTYPE html><html>", "web page");
  ExpectRefused("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer");
  ExpectRefused("PK\x03\x04 and so on", "PyTorch");
  ExpectRefused("\x80\x02}q\x01 and so on", "pickle");
  ExpectRefused(WithHeader(" {}", ""), "not a safetensors file");
}

TEST(HostileSafetensors, HeaderLengths) {
  for (const uint64_t length : {uint64_t{3}, uint64_t{99}, uint64_t{100'000'000}}) {
    std::string bytes(reinterpret_cast<const char*>(&length), sizeof(length));
    ExpectRefused(bytes + "{}", "but only 2 are left in the file");
  }
  for (const uint64_t length : {uint64_t{100'000'001}, uint64_t{1} << 32, uint64_t{1} << 63,
                                ~uint64_t{0} - 7, ~uint64_t{0}}) {
    std::string bytes(reinterpret_cast<const char*>(&length), sizeof(length));
    ExpectRefused(bytes + "{}", "the limit is 100000000", ErrorCode::kTooLarge);
  }
}

TEST(HostileSafetensors, TextsThatAreNoHeader) {
  ExpectHeaderRefused("{", "not valid JSON");
  ExpectHeaderRefused("{} {}", "not valid JSON");
  ExpectHeaderRefused(std::string_view("{}\0{}", 5), "not valid JSON, at byte 3");
  ExpectHeaderRefused("{\"a\xff\":{}}", "not valid JSON");
  ExpectHeaderRefused(R"({"a":[]})", "the header has an array at 'a'");
  ExpectHeaderRefused(R"({"a":1})", "the header has a number at 'a'");
  ExpectHeaderRefused(R"({"a":null})", "the header has null at 'a'");
  // A million levels are refused at the third.
  std::string deep = R"({"a":{"shape":)";
  deep.append(1'000'000, '[');
  ExpectHeaderRefused(deep, "its shape holds an array");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  ExpectHeaderRefused(objects, "tensor 'a' has an unknown field 'a'");
}

TEST(HostileSafetensors, Metadata) {
  ExpectHeaderRefused(R"({"__metadata__":{"k":1}})", "metadata key 'k' is a number");
  ExpectHeaderRefused(R"({"__metadata__":{"k":{}}})", "metadata key 'k' is an object");
  ExpectHeaderRefused(R"({"__metadata__":{"k":null}})", "metadata key 'k' is null");
  ExpectHeaderRefused(R"({"__metadata__":[]})", "the header has an array at '__metadata__'");
  ExpectHeaderRefused(R"({"__metadata__":{"k":"1","k":"2"}})", "metadata key 'k' occurs twice");
  ExpectHeaderRefused(R"({"__metadata__":{},"__metadata__":{}})", "two __metadata__");
}

TEST(HostileSafetensors, Names) {
  const std::string value = R"(:{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  ExpectHeaderRefused(Cat(R"({"")", value, "}"), "tensor 0 has an empty name");
  ExpectHeaderRefused(Cat(R"({"a\u001b[2J")", value, "}"), "control bytes");
  ExpectHeaderRefused(Cat("{\"", std::string(1025, 'x'), "\"", value, "}"), "the limit is 1024");
  ExpectRefused(WithHeader(Cat(R"({"a")", value, R"(,"a")", value, "}"), "01234567"), "overlap");
  ExpectHeaderRefused(
      Cat(R"({"a")", value, R"(,"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})"),
      "tensor 'a' occurs twice");
}

TEST(HostileSafetensors, Fields) {
  ExpectHeaderRefused(R"({"a":{}})", "tensor 'a' has no dtype");
  ExpectHeaderRefused(R"({"a":{"dtype":"F32"}})", "tensor 'a' has no shape");
  ExpectHeaderRefused(R"({"a":{"dtype":"F32","shape":[2]}})", "tensor 'a' has no data_offsets");
  ExpectHeaderRefused(R"({"a":{"dtype":"F32","dtype":"F32"}})", "two fields 'dtype'");
  ExpectHeaderRefused(R"({"a":{"zipped":true}})", "unknown field 'zipped'");
  ExpectHeaderRefused(R"({"a":{"dtype":1}})", "field 'dtype' is a number");
  ExpectHeaderRefused(R"({"a":{"dtype":[]}})", "field 'dtype' is an array");
  ExpectHeaderRefused(R"({"a":{"shape":"[2]"}})", "field 'shape' is a string");
  ExpectHeaderRefused(R"({"a":{"shape":{}}})", "field 'shape' is an object");
  ExpectHeaderRefused(Tensor("F33", "[2]", "[0,8]"), "tensor 'a' has unknown dtype 'F33'");
  ExpectHeaderRefused(Tensor("", "[2]", "[0,8]"), "unknown dtype ''");
}

TEST(HostileSafetensors, Shapes) {
  ExpectHeaderRefused(Tensor("F32", "[2.0]", "[0,8]"),
                      "its shape holds a number that is no integer");
  ExpectHeaderRefused(Tensor("F32", "[-2]", "[0,8]"), "its shape holds a negative number");
  ExpectHeaderRefused(Tensor("F32", "[1e3]", "[0,8]"), "no integer");
  ExpectHeaderRefused(Tensor("F32", "[18446744073709551616]", "[0,8]"), "no integer of 64 bits");
  ExpectHeaderRefused(Tensor("F32", "[null]", "[0,8]"), "its shape holds null");
  ExpectHeaderRefused(Tensor("F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]"), "more than 8 dimensions");
  ExpectHeaderRefused(Tensor("F32", "[18446744073709551615]", "[0,8]"), "no whole number of bytes");
  ExpectHeaderRefused(Tensor("F32", "[4294967296,4294967296]", "[0,8]"), "no whole number");
  // 2^62 + 1 floats are 4 bytes modulo 2^64.
  ExpectHeaderRefused(Tensor("F32", "[4611686018427387905]", "[0,4]"), "no whole number of bytes");
  ExpectHeaderRefused(Tensor("U8", "[0,4294967296,4294967296,2]", "[0,0]"), "no whole number");
  ExpectHeaderRefused(Tensor("F4", "[3]", "[0,1]"), "no whole number of bytes");
  ExpectHeaderRefused(Tensor("F32", "[3]", "[0,8]"), "needs 12 bytes, its data_offsets give it 8");
  ExpectHeaderRefused(Tensor("F32", "[0]", "[0,8]"), "needs 0 bytes");
}

TEST(HostileSafetensors, Offsets) {
  ExpectHeaderRefused(Tensor("F32", "[2]", "[0]"), "its data_offsets are 1 numbers, expected 2");
  ExpectHeaderRefused(Tensor("F32", "[2]", "[0,8,8]"), "are 3 numbers");
  ExpectHeaderRefused(Tensor("F32", "[2]", "[8,0]"), "ends at 0, before it begins at 8");
  ExpectHeaderRefused(Tensor("F32", "[2]", "[9,17]"), "ends at 17 of the data, beyond its 16");
  ExpectHeaderRefused(Tensor("F32", "[2]", "[18446744073709551608,18446744073709551615]"),
                      "beyond its 16 bytes");
  ExpectHeaderRefused(Tensor("F32", "[2]", "[0,8]"), "8 bytes of data after the last tensor");
  ExpectHeaderRefused(Tensor("F32", "[2]", "[8,16]"), "8 bytes of data before tensor 'a'");
  ExpectHeaderRefused(R"({"a":{"dtype":"U8","shape":[10],"data_offsets":[0,10]},)"
                      R"("b":{"dtype":"U8","shape":[10],"data_offsets":[6,16]}})",
                      "tensors 'a' and 'b' overlap");
  ExpectHeaderRefused(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                      R"("b":{"dtype":"U8","shape":[8],"data_offsets":[8,16]}})",
                      "4 bytes of data before tensor 'b' belong to none");
}

}  // namespace
}  // namespace ingle
