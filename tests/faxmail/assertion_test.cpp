// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/oauth/assertion.hpp"

#include <gmock/gmock.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>

#include <fstream>

#include "base/json.hpp"
#include "payloads/faxmail/oauth/providers.hpp"
#include "payloads/faxmail/oauth/token_claims.hpp"
#include "tests/faxmail/certificates.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

std::string pem_of(EVP_PKEY* key) {
  const dfi::Handle<BIO, ::BIO_free_all> out(::BIO_new(::BIO_s_mem()));
  ::PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  std::string text(16'384, '\0');
  text.resize(static_cast<std::size_t>(std::max(0, ::BIO_read(out.get(), text.data(), static_cast<int>(text.size())))));
  return text;
}

bool verified(EVP_PKEY* key, const std::string& bytes, const std::string& signature) {
  const dfi::Handle<EVP_MD_CTX, ::EVP_MD_CTX_free> context(::EVP_MD_CTX_new());
  ::EVP_DigestVerifyInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key);
  return ::EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                            reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1;
}

TEST(Assertion, OfAGoogleServiceAccountIsSignedForTheMailbox) {
  const Product product(Release::v606);
  const Key key(::EVP_RSA_gen(2048));
  const auto file = product.layout().config_directory() / "google.json";
  std::ofstream(file) << dfi::Json{{"type", "service_account"},
                                   {"client_email", "fax@project.example.com"},
                                   {"private_key", pem_of(key.get())},
                                   {"token_uri", "https://oauth2.example.com/token"}}
                             .dump(2);
  ::chmod(file.c_str(), 0600);
  OAuthSettings google;
  google.provider = "google";
  google.user = "fax@example.com";
  google.secret.file = file;
  const auto request = token_request(google);
  EXPECT_EQ(request.url, "https://oauth2.example.com/token");
  const std::map<std::string, std::string> form(request.form.begin(), request.form.end());
  EXPECT_EQ(form.at("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const auto& assertion = form.at("assertion");
  const auto dot = assertion.rfind('.');
  const auto bytes = assertion.substr(0, dot);
  EXPECT_TRUE(verified(key.get(), bytes, base64url_decoded(assertion.substr(dot + 1)).value()));
  const auto claims = dfi::Json::parse(base64url_decoded(bytes.substr(bytes.find('.') + 1)).value());
  EXPECT_EQ(claims["iss"], "fax@project.example.com");
  EXPECT_EQ(claims["sub"], "fax@example.com");
  EXPECT_EQ(claims["scope"], "https://mail.google.com/");
  EXPECT_EQ(claims["aud"], "https://oauth2.example.com/token");
  EXPECT_EQ(claims["exp"].get<int>() - claims["iat"].get<int>(), 3600);
}

TEST(ServiceKey, IsRefusedWithoutShowingIt) {
  for (const char* json :
       {"geheim", R"({"client_email":"a@example.com","token_uri":"https://example.com"})",
        R"({"client_email":"a@example.com","token_uri":"https://example.com","private_key":"geheim"})",
        R"({"client_email":"a@example.com","token_uri":"http://example.com","private_key":"geheim"})"}) {
    try {
      ServiceKey::parse(json, "oauth_client_secret");
      ADD_FAILURE() << json;
    } catch (const dfi::Error& error) {
      EXPECT_EQ(error.message().id.name, "oauth_key_file");
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("geheim")));
    }
  }
}

TEST(TokenClaims, AreReadFromTheMiddleOfAJwt) {
  const auto jwt = [](const std::string& payload) { return base64url("{}") + "." + base64url(payload) + ".x"; };
  const auto claims = token_claims(jwt(R"({"aud":"https://outlook.office365.com","roles":["SMTP.SendAsApp"],)"
                                       R"("exp":1795000000,"tid":"t-1","appid":"a-1"})"));
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->audience, "https://outlook.office365.com");
  EXPECT_THAT(claims->roles, testing::ElementsAre("SMTP.SendAsApp"));
  EXPECT_EQ(claims->expires, 1795000000);
  EXPECT_EQ(claims->tenant, "t-1");
  EXPECT_EQ(claims->application, "a-1");
  EXPECT_THAT(token_claims(jwt(R"({"scp":"a b","azp":"z"})"))->roles, testing::ElementsAre("a", "b"));
  for (const char* opaque : {"", "ya29.abc", "a.b.c", "a.%%.c", ".."}) EXPECT_FALSE(token_claims(opaque)) << opaque;
}

}  // namespace
}  // namespace faxmail::test
