// SPDX-License-Identifier: Apache-2.0
#include "base/signature.hpp"

#include "base/hash.hpp"
#include "tests/base/scratch.hpp"

namespace dfi::test {
namespace {

TEST(Sha256, MatchesTheVectorsOfFips180) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  Sha256 parts;
  for (int i = 0; i < 1000; ++i) parts.update(std::string(1000, 'a'));
  EXPECT_EQ(parts.hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

struct Signature : Scratch {
  void SetUp() override {
    fs::create_directories(path("trusted"));
    generate_keys(path("a.key"), path("trusted/a.pem"));
    generate_keys(path("b.key"), path("b.pem"));
  }
  std::string check(const std::string& document, const std::string& signature) {
    return error_of([&] { TrustedKeys::load(path("trusted")).verify(document, signature, "it"); });
  }
};

TEST_F(Signature, IsGoodForExactlyWhatWasSigned) {
  const auto signature = sign("document", path("a.key"));
  EXPECT_EQ(check("document", signature), "nothing");
  EXPECT_EQ(check("Document", signature), "signature_wrong");
  EXPECT_EQ(check("document ", signature), "signature_wrong");
}

TEST_F(Signature, OfAForeignKeyIsNotABadSignature) {
  EXPECT_EQ(check("document", sign("document", path("b.key"))), "foreign_key");
  fs::copy_file(path("b.pem"), path("trusted/b.pem"));
  EXPECT_EQ(check("document", sign("document", path("b.key"))), "nothing");
}

TEST_F(Signature, NeedsATrustedKey) {
  EXPECT_EQ(error_of([&] { TrustedKeys::load(path("nowhere")).verify("d", sign("d", path("a.key")), "it"); }),
            "no_trusted_key");
  file("trusted/c.pem", "-----BEGIN PUBLIC KEY-----\nnothing\n-----END PUBLIC KEY-----\n");
  EXPECT_EQ(error_of([&] { TrustedKeys::load(path("trusted")); }), "key_unusable");
}

TEST_F(Signature, ThatIsNoneIsRefused) {
  for (const char* text :
       {"", "{}", "nonsense", "{\"schema\":\"dfinstall-signature/1\",\"key\":\"x\",\"ed25519\":\"!!\"}"})
    EXPECT_NE(check("document", text), "nothing") << text;
}

TEST_F(Signature, KeysAreNeverOverwrittenAndThePrivateOneIsPrivate) {
  EXPECT_EQ(error_of([&] { generate_keys(path("a.key"), path("new.pem")); }), "file_exists");
  EXPECT_EQ(static_cast<unsigned>(fs::status(path("a.key")).permissions()), 0600u);
}

}  // namespace
}  // namespace dfi::test
