// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/template.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using dfi::Language;
using testing::Contains;

class TemplateTest : public testing::Test {
 protected:
  void own(const std::string& name, const std::string& content) const {
    const auto directory = product_.layout().config_directory() / "templates";
    fs::create_directories(directory);
    std::ofstream(directory / name) << content;
  }
  Template load(const std::string& name, Language language = Language::english) const {
    return Template::load(product_.layout(), name, language);
  }
  Product product_;
};

TEST_F(TemplateTest, IsDeliveredInBothLanguages) {
  const TemplateValues values{{"sender", "Müller & Co"}, {"pages", "2"}, {"date", "2026-11-23"}};
  const auto english = filled(load("fax"), values), german = filled(load("fax", Language::german), values);
  EXPECT_EQ(english.subject, "Fax from Müller & Co");
  EXPECT_EQ(german.subject, "Fax von Müller & Co");
  EXPECT_NE(english.text, german.text);
  EXPECT_THAT(german.text, testing::HasSubstr("Müller & Co"));
  EXPECT_THAT(german.html, testing::HasSubstr("Müller &amp; Co"));
  EXPECT_THAT(german.html, testing::HasSubstr("{logo}"));
}

TEST_F(TemplateTest, OfAPersonComesBeforeTheDelivered) {
  own("fax.de.toml", "subject = \"Eigen\"\ntext = \"x\"\n");
  EXPECT_EQ(load("fax", Language::german).subject, "Eigen");
  EXPECT_EQ(load("fax").subject, "Eigen");
  own("order.en.toml", "subject = \"Order\"\ntext = \"x\"\n");
  EXPECT_THAT(Template::names(product_.layout()), testing::AllOf(Contains("fax"), Contains("order")));
}

TEST_F(TemplateTest, NamesTheValueThatIsMissing) {
  own("t.en.toml", "subject = \"{a} {b_1}\"\ntext = \"{} { a } {a\"\n");
  try {
    filled(load("t"), {{"a", "x"}});
    FAIL();
  } catch (const dfi::Error& error) {
    EXPECT_EQ(error.message().id.name, "mail_template_value_missing");
    EXPECT_EQ(error.arg("placeholder"), "b_1");
  }
  EXPECT_EQ(filled(load("t"), {{"a", "x"}, {"b_1", "{a}"}}).subject, "x {a}") << "a value is no template";
  EXPECT_EQ(filled(load("t"), {{"a", "x"}, {"b_1", "y"}}).text, "{} { a } {a");
}

TEST_F(TemplateTest, LetsNoValueAddAHeader) {
  own("t.en.toml", "subject = \"{a}\"\ntext = \"{a}\"\n");
  EXPECT_EQ(error_of([&] { filled(load("t"), {{"a", "x\r\nBcc: b@example.com"}}); }), "mail_header_unsafe");
  own("u.en.toml", "subject = \"s\"\ntext = \"{a}\"\n");
  EXPECT_EQ(filled(load("u"), {{"a", "two\nlines"}}).text, "two\nlines");
}

TEST_F(TemplateTest, IsReadStrictly) {
  for (const char* wrong : {"subject = \"s\"\n", "text = \"t\"\n", "subject = 1\ntext = \"t\"\n",
                            "subject = \"s\"\ntext = \"t\"\nbody = \"x\"\n"}) {
    own("t.en.toml", wrong);
    EXPECT_EQ(error_of([&] { load("t"); }), "mail_template_malformed") << wrong;
  }
  own("t.en.toml", "subject = ");
  EXPECT_EQ(error_of([&] { load("t"); }), "toml_malformed");
}

TEST_F(TemplateTest, IsNoWayToOtherFiles) {
  for (const char* wrong : {"", "nothing", "../faxmail", "/etc/passwd", "a/b", "fax.en"})
    EXPECT_EQ(error_of([&] { load(wrong); }), "mail_template_unknown") << wrong;
}

}  // namespace
}  // namespace faxmail::test
