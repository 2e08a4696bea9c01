// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "base/json.hpp"
#include "messages/general.hpp"
#include "payloads/faxmail/oauth/providers.hpp"
#include "tests/faxmail/product_fixture.hpp"
#include "tests/faxmail/token_endpoint.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* secret_text = "Geheim~1 +&%=x";

std::string answer_of(const std::string& token, const std::string& life) {
  return R"({"token_type":"Bearer","access_token":")" + token + "\"" + (life.empty() ? "" : ",\"expires_in\":" + life) +
         "}";
}

class OAuthTest : public testing::Test {
 protected:
  OAuthTest() {
    ::setenv("no_proxy", "127.0.0.1,localhost", 1);
    authority_.write_pem(ca_file());
    const auto file = product_.layout().config_directory() / "client_secret";
    std::ofstream(file) << secret_text << "\n";
    ::chmod(file.c_str(), 0600);
  }

  fs::path ca_file() const { return product_.layout().root / "ca.pem"; }
  Identity identity() const { return authority_.issue("IP:127.0.0.1"); }

  OAuthSettings settings(const TokenEndpoint& endpoint) const {
    OAuthSettings settings;
    settings.provider = "m365";
    settings.tenant = "example.onmicrosoft.com";
    settings.client_id = "11111111-2222-3333-4444-555555555555";
    settings.token_url = endpoint.url();
    settings.secret.key = "oauth_client_secret";
    settings.secret.file = product_.layout().config_directory() / "client_secret";
    settings.ca_file = ca_file();
    return settings;
  }

  TokenSource source(const TokenEndpoint& endpoint) {
    return TokenSource([settings = settings(endpoint)] { return token_request(settings); }, [this] { return now_; });
  }

  /// The error of one request to an endpoint that answers so.
  dfi::Error refusal(EndpointAnswer answer, std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    TokenEndpoint endpoint(identity(), {std::move(answer)});
    return refusal(settings(endpoint), timeout);
  }
  static dfi::Error refusal(const OAuthSettings& settings,
                            std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    TokenSource source([&] {
      auto request = token_request(settings);
      request.timeout = timeout;
      return request;
    });
    try {
      source.token();
    } catch (const dfi::Error& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr(secret_text)));
      return error;
    }
    ADD_FAILURE() << "no error";
    return dfi::Error(dfi::msg::internal_error);
  }
  static std::string name(const dfi::Error& error) { return std::string(error.message().id.name); }

  Product product_{Release::v606};
  Authority authority_;
  std::chrono::milliseconds now_{1'000'000};
};

TEST_F(OAuthTest, AsksForClientCredentialsOfTheApplication) {
  TokenEndpoint endpoint(identity());
  auto source = this->source(endpoint);
  EXPECT_EQ(source.token().value(), "token-1");
  const auto requests = endpoint.requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].at("grant_type"), "client_credentials");
  EXPECT_EQ(requests[0].at("client_id"), "11111111-2222-3333-4444-555555555555");
  EXPECT_EQ(requests[0].at("client_secret"), secret_text);
  EXPECT_EQ(requests[0].at("scope"), "https://outlook.office365.com/.default");
}

TEST_F(OAuthTest, NamesTheEndpointOfTheTenant) {
  OAuthSettings settings;
  settings.provider = "m365";
  settings.tenant = "example.onmicrosoft.com";
  settings.secret.file = product_.layout().config_directory() / "client_secret";
  EXPECT_EQ(token_request(settings).url, "https://login.microsoftonline.com/example.onmicrosoft.com/oauth2/v2.0/token");
}

TEST_F(OAuthTest, RenewsATokenAtFourFifthsOfItsLife) {
  TokenEndpoint endpoint(identity(), {{200, answer_of("a", "1000")}, {200, answer_of("b", "\"1000\"")}, {}});
  auto source = this->source(endpoint);
  EXPECT_EQ(source.token().value(), "a");
  now_ += std::chrono::seconds(799);
  EXPECT_EQ(source.token().value(), "a");
  now_ += std::chrono::seconds(1);
  EXPECT_EQ(source.token().value(), "b");
  now_ += std::chrono::seconds(799);
  EXPECT_EQ(source.token().value(), "b") << "a life written as text counts too";
  EXPECT_EQ(endpoint.connections(), 2);
}

TEST_F(OAuthTest, ASpentTokenIsNotGivenAgain) {
  TokenEndpoint endpoint(identity(), {{200, answer_of("a", "1000")}, {200, answer_of("b", "1000")}});
  auto source = this->source(endpoint);
  EXPECT_EQ(source.token().value(), "a");
  source.spent();
  EXPECT_EQ(source.token().value(), "b");
}

TEST_F(OAuthTest, ATokenWithoutLifeIsUsedOnceAndOneOfUnsaidLifeForMinutes) {
  TokenEndpoint endpoint(identity(),
                         {{200, answer_of("a", "0")}, {200, answer_of("b", "-5")}, {200, answer_of("c", "")}});
  auto source = this->source(endpoint);
  EXPECT_EQ(source.token().value(), "a");
  EXPECT_EQ(source.token().value(), "b");
  EXPECT_EQ(source.token().value(), "c");
  now_ += std::chrono::seconds(200);
  EXPECT_EQ(source.token().value(), "c");
  EXPECT_EQ(endpoint.connections(), 3);
}

TEST_F(OAuthTest, ManyThreadsMakeOneRequest) {
  TokenEndpoint endpoint(identity());
  auto source = this->source(endpoint);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      if (source.token().value() == "token-1") ++right;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(endpoint.connections(), 1);
}

TEST_F(OAuthTest, AFailureIsNotKept) {
  TokenEndpoint endpoint(identity(), {{500, "<html>"}, {}});
  auto source = this->source(endpoint);
  EXPECT_EQ(error_of([&] { source.token(); }), "oauth_refused");
  EXPECT_EQ(source.token().value(), "token-1");
}

TEST_F(OAuthTest, ReadsTheSecretAnewForEachRequest) {
  TokenEndpoint endpoint(identity(), {{200, answer_of("a", "0")}});
  auto source = this->source(endpoint);
  source.token();
  std::ofstream(product_.layout().config_directory() / "client_secret") << "new\n";
  source.token();
  EXPECT_EQ(endpoint.requests()[1].at("client_secret"), "new");
}

TEST_F(OAuthTest, KeepsTheCodeOfARefusalAndBlotsOutTheSecret) {
  const dfi::Json body{{"error", "invalid_client"},
                       {"error_description", "AADSTS7000215: Invalid client secret " + std::string(secret_text) +
                                                 " provided.\r\nTrace ID: 1"}};
  const auto error = refusal({401, body.dump()});
  EXPECT_EQ(name(error), "oauth_refused");
  EXPECT_EQ(error.exit_code(), 77);
  EXPECT_EQ(error.arg("status"), "401");
  EXPECT_EQ(error.arg("error"), "invalid_client");
  EXPECT_EQ(error.arg("description"), "AADSTS7000215: Invalid client secret *** provided.");
  EXPECT_THAT(error.arg("endpoint"), HasSubstr("https://127.0.0.1:"));
  EXPECT_THAT(dfi::recovery(error.message(), dfi::Language::german), HasSubstr("AADSTS7000222"));
}

TEST_F(OAuthTest, ARefusalWithoutJsonIsOneToo) {
  const auto error = refusal({500, "<html>down</html>"});
  EXPECT_EQ(name(error), "oauth_refused");
  EXPECT_EQ(error.arg("status"), "500");
}

TEST_F(OAuthTest, DoesNotFollowARedirect) {
  TokenEndpoint elsewhere(identity());
  const auto error = refusal({307, "", {"Location: " + elsewhere.url()}});
  EXPECT_EQ(name(error), "oauth_refused");
  EXPECT_EQ(error.arg("status"), "307");
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST_F(OAuthTest, RefusesAnAnswerThatIsNone) {
  for (const char* body : {"", "{\"access_token\":", "[]", "{}", R"({"access_token":7})", R"({"access_token":""})",
                           R"({"access_token":"a b"})", R"({"access_token":"a\r\nMAIL FROM:<x>"})",
                           R"({"access_token":"a","token_type":"mac"})"})
    EXPECT_EQ(name(refusal({200, body})), "oauth_malformed") << body;
  const auto error = refusal({200, std::string(200'000, 'x')});
  EXPECT_EQ(name(error), "oauth_malformed");
  EXPECT_EQ(error.arg("reason"), "> 64 KiB");
}

TEST_F(OAuthTest, GivesUpASilentEndpoint) {
  EndpointAnswer silent;
  silent.never = true;
  EXPECT_EQ(name(refusal(silent, std::chrono::milliseconds(300))), "oauth_unreachable");
}

TEST_F(OAuthTest, TrustsOnlyTheRightCertificate) {
  TokenEndpoint foreign(Authority("Other CA").issue("IP:127.0.0.1"));
  EXPECT_EQ(name(refusal(settings(foreign))), "oauth_unreachable");
  TokenEndpoint misnamed(authority_.issue("DNS:login.example.com"));
  EXPECT_EQ(name(refusal(settings(misnamed))), "oauth_unreachable");
  EXPECT_TRUE(foreign.requests().empty());
  EXPECT_TRUE(misnamed.requests().empty());
  TokenEndpoint right(identity());
  auto by_system = settings(right);
  by_system.ca_file.clear();
  EXPECT_EQ(name(refusal(by_system)), "oauth_unreachable");
}

TEST_F(OAuthTest, NeverAsksInTheClear) {
  TokenEndpoint endpoint(identity());
  auto open = settings(endpoint);
  open.token_url.replace(0, 5, "http");
  EXPECT_EQ(name(refusal(open)), "oauth_unreachable");
  EXPECT_EQ(endpoint.connections(), 0);
}

}  // namespace
}  // namespace faxmail::test
