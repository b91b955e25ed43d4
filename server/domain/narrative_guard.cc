#include "server/domain/narrative_guard.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "re2/re2.h"

namespace concordat::domain {
namespace {

// The letters that check UPN, and PNC identifiers.
constexpr absl::string_view kUpnLetters = "ABCDEFGHJKLMNPQRTUVWXYZ";
constexpr absl::string_view kPncLetters = "ZABCDEFGHJKLMNPQRTUVWXY";

// How far, in bytes, a word that gives a number or date its meaning may stand
// before it, and a date before its word.
constexpr size_t kContextBefore = 40;
constexpr size_t kContextAfter = 20;

// Postcode areas in use, with ZZ for the pseudo-postcodes of the NHS.
bool IsPostcodeArea(absl::string_view letters) {
  static const auto* const kAreas = new absl::flat_hash_set<absl::string_view>(absl::StrSplit(
      "AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL "
      "DN DT DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW "
      "KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM "
      "S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN "
      "WR WS WV YO ZE ZZ",
      ' '));
  return kAreas->contains(letters);
}

// A copy of a text in which everything that reads alike is written alike: ASCII
// digits and letters for wide ones, ` ` for any space, `-` for any dash, nothing
// for invisible characters. Other characters beyond ASCII become one 0x80 each.
class PlainText {
 public:
  explicit PlainText(absl::string_view text) {
    plain_.reserve(text.size());
    offsets_.reserve(text.size() + 1);
    for (size_t i = 0; i < text.size();) {
      const size_t size = SizeOfCharacter(text, i);
      const char32_t character = Decode(text.substr(i, size));
      if (!IsInvisible(character)) {
        plain_.push_back(Fold(character));
        offsets_.push_back(i);
      }
      i += size;
    }
    upper_ = absl::AsciiStrToUpper(plain_);
  }

  // As written, and in capitals. Positions are the same in both.
  const std::string& plain() const { return plain_; }
  const std::string& upper() const { return upper_; }
  // Where the character at `position` stood in the text.
  size_t OffsetOf(size_t position) const { return offsets_[position]; }

  // The characters beside a match; a space at the ends.
  char Before(size_t position) const { return position == 0 ? ' ' : plain_[position - 1]; }
  char At(size_t position) const { return position < plain_.size() ? plain_[position] : ' '; }

  // Whether no letter or digit adjoins [begin, end).
  bool StandsAlone(size_t begin, size_t end) const {
    return !absl::ascii_isalnum(Before(begin)) && !absl::ascii_isalnum(At(end));
  }
  // Whether no digit adjoins [begin, end), and it is not a part of a decimal or
  // of a number with thousands separators.
  bool IsWholeNumber(size_t begin, size_t end) const {
    if (absl::ascii_isdigit(Before(begin)) || absl::ascii_isdigit(At(end))) return false;
    const auto joins = [](char c) { return c == '.' || c == ','; };
    if (joins(Before(begin)) && begin >= 2 && absl::ascii_isdigit(plain_[begin - 2])) return false;
    return !(joins(At(end)) && absl::ascii_isdigit(At(end + 1)));
  }
  // The capitals that stand before `position`, as far as context reaches.
  absl::string_view ContextBefore(size_t position) const {
    const size_t begin = position < kContextBefore ? 0 : position - kContextBefore;
    return absl::string_view(upper_).substr(begin, position - begin);
  }

 private:
  static size_t SizeOfCharacter(absl::string_view text, size_t begin) {
    const auto first = static_cast<uint8_t>(text[begin]);
    const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    return std::min(size, text.size() - begin);
  }

  static char32_t Decode(absl::string_view bytes) {
    const auto first = static_cast<uint8_t>(bytes[0]);
    if (bytes.size() == 1) return first;
    char32_t character = first & (0xFF >> (bytes.size() + 1));
    for (const char c : bytes.substr(1)) {
      character = (character << 6) | (static_cast<uint8_t>(c) & 0x3F);
    }
    return character;
  }

  static bool IsInvisible(char32_t c) {
    return c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x2060 && c <= 0x2064) || c == 0xFEFF;
  }

  static char Fold(char32_t c) {
    if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFF01 - '!';
    if (c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x3000 ||
        (c < 0x20 && c != 0)) {
      return ' ';
    }
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212) return '-';
    return c < 0x80 ? static_cast<char>(c) : '\x80';
  }

  std::string plain_;
  std::string upper_;
  std::vector<size_t> offsets_;
};

// Calls `accept(begin, end, groups)` for each match of `pattern` in `text`, in
// order. A match that is not accepted is tried again one character further.
template <size_t kGroups, typename Accept>
void ForEachMatch(const RE2& pattern, const std::string& text, const Accept& accept) {
  const re2::StringPiece whole(text);
  re2::StringPiece groups[kGroups];
  size_t from = 0;
  while (pattern.Match(whole, from, whole.size(), RE2::UNANCHORED, groups, kGroups)) {
    const size_t begin = static_cast<size_t>(groups[0].data() - whole.data());
    const size_t end = begin + groups[0].size();
    from = accept(begin, end, groups) ? end : begin + 1;
  }
}

std::string DigitsOf(re2::StringPiece text) {
  std::string digits;
  for (const char c : text) {
    if (absl::ascii_isdigit(c)) digits.push_back(c);
  }
  return digits;
}

int NumberOf(re2::StringPiece digits) {
  int number = 0;
  return absl::SimpleAtoi(absl::string_view(digits.data(), digits.size()), &number) ? number : 0;
}

// Whether `next` is the year after `year`, as in 2018/19 or 2018/2019.
bool IsNextYear(re2::StringPiece year, re2::StringPiece next) {
  if (year.size() != 4 || (!year.starts_with("19") && !year.starts_with("20"))) return false;
  const int following = NumberOf(year) + 1;
  if (next.size() == 2) return NumberOf(next) == following % 100;
  return next.size() == 4 && NumberOf(next) == following;
}

bool HasRightNhsCheckDigit(absl::string_view digits) {
  int sum = 0;
  for (int i = 0; i < 9; ++i) sum += (digits[i] - '0') * (10 - i);
  // A remainder that would need the digit 10 belongs to no number.
  return (11 - sum % 11) % 11 == digits[9] - '0';
}

bool HasRightUpnCheckLetter(absl::string_view upn) {
  int sum = 0;
  for (int i = 1; i <= 12; ++i) sum += (upn[i] - '0') * (i + 1);
  return upn[0] == kUpnLetters[sum % kUpnLetters.size()];
}

// Collects findings.
class Screen {
 public:
  explicit Screen(absl::string_view text) : text_(text) {}

  void FindNhsNumbers() {
    static const RE2* const kPattern =
        new RE2("\\d{3}(?: ?- ?| {0,2})\\d{3}(?: ?- ?| {0,2})\\d{4}");
    static const RE2* const kAnnounced = new RE2(
        "\\bNHS\\b(?:[^\\d.;]{0,12}(?:NUMBER|NUM|NO\\b|ID|#|:|=|-))?[^\\dA-Z;]{0,6}"
        "(?:(?:IS|WAS)[^\\dA-Z;]{0,3})?$");
    ForEachMatch<1>(
        *kPattern, text_.plain(), [this](size_t begin, size_t end, re2::StringPiece* groups) {
          const std::string digits = DigitsOf(groups[0]);
          if (!text_.IsWholeNumber(begin, end) || !HasRightNhsCheckDigit(digits)) return false;
          const bool issued = digits[0] == '4' || digits[0] == '6' || digits[0] == '7';
          const absl::string_view before = text_.ContextBefore(begin);
          if (!issued && !RE2::PartialMatch({before.data(), before.size()}, *kAnnounced))
            return false;
          return Add(IdentifierKind::kNhsNumber, begin);
        });
  }

  void FindPupilNumbers() {
    static const RE2* const kPattern = new RE2("[A-HJ-NP-RT-Z]\\d{11}[0-9A-HJ-NP-RT-Z]");
    ForEachMatch<1>(*kPattern, text_.upper(),
                    [this](size_t begin, size_t end, re2::StringPiece* groups) {
                      const absl::string_view upn(groups[0].data(), groups[0].size());
                      const bool temporary = absl::ascii_isalpha(upn.back());
                      if (!text_.StandsAlone(begin, end)) return false;
                      if (!temporary && !HasRightUpnCheckLetter(upn)) return false;
                      return Add(IdentifierKind::kUniquePupilNumber, begin);
                    });
  }

  void FindNationalInsuranceNumbers() {
    static const RE2* const kPattern = new RE2(
        "([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])([ -]?)(\\d{2})[ -]?(\\d{2})[ -]?(\\d{2})[ -]?[A-D]");
    ForEachMatch<6>(
        *kPattern, text_.upper(), [this](size_t begin, size_t end, re2::StringPiece* groups) {
          static const auto* const kNotIssued = new absl::flat_hash_set<absl::string_view>(
              {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"});
          const absl::string_view prefix(groups[1].data(), groups[1].size());
          if (!text_.StandsAlone(begin, end) || kNotIssued->contains(prefix)) return false;
          // A column of years with letters beside it: LA 20 18 19 A.
          const std::string digits = DigitsOf(groups[0]);
          const bool years =
              IsNextYear(re2::StringPiece(digits).substr(0, 4), re2::StringPiece(digits).substr(4));
          if (years && !groups[2].empty()) return false;
          return Add(IdentifierKind::kNationalInsuranceNumber, begin);
        });
  }

  void FindPncIdentifiers() {
    static const RE2* const kWithSlash = new RE2("(\\d{4}|\\d{2})/(\\d{4,7})([A-Z])");
    static const RE2* const kWithoutSlash = new RE2("(\\d{4}|\\d{2})(\\d{7})([A-Z])");
    const auto accept = [this](size_t begin, size_t end, re2::StringPiece* groups) {
      if (!text_.StandsAlone(begin, end) || IsNextYear(groups[1], groups[2])) return false;
      const int year = NumberOf(groups[1]) % 100;
      const size_t check = (year * 10000000LL + NumberOf(groups[2])) % kPncLetters.size();
      if (kPncLetters[check] != groups[3][0]) return false;
      return Add(IdentifierKind::kPncIdentifier, begin);
    };
    ForEachMatch<4>(*kWithSlash, text_.upper(), accept);
    ForEachMatch<4>(*kWithoutSlash, text_.upper(), accept);
  }

  void FindCroNumbers() {
    static const RE2* const kPattern =
        new RE2("(?:(\\d{4,6})/(\\d{2})|SF ?\\d{2}/\\d{4,6})[A-HJ-NP-RT-Z]");
    ForEachMatch<3>(*kPattern, text_.upper(),
                    [this](size_t begin, size_t end, re2::StringPiece* groups) {
                      if (!text_.StandsAlone(begin, end) || IsNextYear(groups[1], groups[2]))
                        return false;
                      return Add(IdentifierKind::kCroNumber, begin);
                    });
  }

  void FindPostcodes() {
    static const RE2* const kPattern =
        new RE2("([A-Z]{1,2})(\\d[A-HJKMNP-Y]|\\d{1,2})( {0,2})(\\d)([A-Z]{2})");
    ForEachMatch<6>(*kPattern, text_.upper(),
                    [this](size_t begin, size_t end, re2::StringPiece* groups) {
                      const absl::string_view area(groups[1].data(), groups[1].size());
                      if (!text_.StandsAlone(begin, end) || !IsPostcodeArea(area)) return false;
                      // Postcodes end in no letter that is easily misread, but pseudo-postcodes do.
                      const absl::string_view last(groups[5].data(), groups[5].size());
                      if (last.find_first_of("CIKMOV") != absl::string_view::npos && area != "ZZ")
                        return false;
                      // A reference with an ordinal after it: E1 1st draft.
                      const bool ordinal = IsOrdinal(groups[4][0], groups[5]) && !groups[3].empty();
                      const bool lower_case = absl::ascii_islower(text_.At(end - 1));
                      if (ordinal && (area.size() == 1 || lower_case)) return false;
                      return Add(IdentifierKind::kPostcode, begin);
                    });
  }

  void FindDatesOfBirth() {
    static const RE2* const kDate = new RE2(
        "\\d{1,2}(?:ST|ND|RD|TH)?(?: OF)?[ -]?(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
        "[A-Z]{0,6}[ ,-]{0,2}\\d{2,4}|"
        "(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]{0,6} "
        "\\d{1,2}(?:ST|ND|RD|TH)?,? \\d{4}|"
        "\\d{1,2} ?[/.-] ?\\d{1,2} ?[/.-] ?(?:\\d{4}|\\d{2})|\\d{4}[/.-]\\d{1,2}[/.-]\\d{1,2}|"
        "\\d{1,2} \\d{1,2} \\d{4}");
    static const RE2* const kWordBefore = new RE2(
        "(?:\\bBORN\\b[^;.]{0,24}|"
        "\\b(?:D\\.? ?O\\.? ?B|DATE OF BIRTH|BIRTH ?DATE|BIRTHDAY)\\b\\.?[^;.]*)$");
    static const RE2* const kCohort =
        new RE2("\\b(?:AFTER|BEFORE|BETWEEN|SINCE|FROM|UNTIL|TO|AND|BY)(?: THE)?[^A-Z]*$");
    static const RE2* const kWordAfter =
        new RE2("^[ ,(:-]{0,4}(?:DOB|D\\.O\\.B|DATE OF BIRTH|BIRTH ?DATE|BIRTHDAY)\\b");
    ForEachMatch<1>(*kDate, text_.upper(), [this](size_t begin, size_t end, re2::StringPiece*) {
      if (!text_.StandsAlone(begin, end)) return false;
      const absl::string_view before = text_.ContextBefore(begin);
      const re2::StringPiece context(before.data(), before.size());
      const bool cohort = RE2::PartialMatch(context, *kCohort);
      const re2::StringPiece after(text_.upper().data() + end,
                                   std::min(kContextAfter, text_.upper().size() - end));
      if ((RE2::PartialMatch(context, *kWordBefore) && !cohort) ||
          RE2::PartialMatch(after, *kWordAfter)) {
        return Add(IdentifierKind::kDateOfBirth, begin);
      }
      return false;
    });
  }

  // `0` or `+44` and 9 or 10 digits, in groups: the first of three digits or
  // more, the others of two or more, as numbers are written and tables are not.
  void FindTelephones() {
    static const RE2* const kPattern = new RE2(
        "(?:(\\+|\\b00)44[ .-]{0,2}(?:\\(0\\)[ .-]?)?\\(?[1-9]\\d{1,10}|0[1-9]\\d{1,10})"
        "(?:(?:[ .-]{1,3}|\\)[ .-]{0,3})\\d{2,10}){0,5}");
    ForEachMatch<2>(
        *kPattern, text_.plain(), [this](size_t begin, size_t, re2::StringPiece* groups) {
          const char before = text_.Before(begin);
          if (absl::ascii_isalnum(before) || before == '/' || before == '.') return false;
          const bool international = !groups[1].empty();
          const absl::string_view number(groups[0].data(), groups[0].size());
          if (!international && FirstGroupOf(number) < 3) return false;
          // Something else may follow, so each end of a group is a possible end.
          const size_t prefix = !international ? 0 : groups[1] == "+" ? 2 : 4;
          std::string digits;
          for (size_t i = 0; i < number.size(); ++i) {
            if (!absl::ascii_isdigit(number[i])) continue;
            digits.push_back(number[i]);
            const bool group_ends = !absl::ascii_isdigit(text_.At(begin + i + 1));
            if (group_ends &&
                IsTelephone(absl::string_view(digits).substr(std::min(prefix, digits.size())),
                            international)) {
              return Add(IdentifierKind::kTelephone, begin);
            }
          }
          return false;
        });
  }

  void FindEmails() {
    static const RE2* const kPattern =
        new RE2("[A-Z0-9._%+'-]{1,64} ?@ ?[A-Z0-9-]{1,63}(?:\\.[A-Z0-9-]{1,63}){0,8}\\.[A-Z]{2,}");
    ForEachMatch<1>(*kPattern, text_.upper(), [this](size_t begin, size_t, re2::StringPiece*) {
      return Add(IdentifierKind::kEmail, begin);
    });
  }

  std::vector<Finding> Take() && {
    std::sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
      return std::tie(a.offset, a.kind) < std::tie(b.offset, b.kind);
    });
    if (findings_.size() > kMaxFindings) findings_.resize(kMaxFindings);
    return std::move(findings_);
  }

 private:
  bool Add(IdentifierKind kind, size_t position) {
    findings_.push_back({kind, text_.OffsetOf(position)});
    return true;
  }

  static bool IsOrdinal(char digit, re2::StringPiece letters) {
    if (digit == '1') return letters == "ST";
    if (digit == '2') return letters == "ND";
    if (digit == '3') return letters == "RD";
    return letters == "TH";
  }

  // How many digits stand before the first separator.
  static size_t FirstGroupOf(absl::string_view number) {
    const size_t begin = number.find_first_of("0123456789");
    const size_t end = number.find_first_not_of("0123456789", begin);
    return std::min(end, number.size()) - begin;
  }

  // `digits` without a country code; a national 0 may stand before the rest.
  static bool IsTelephone(absl::string_view digits, bool international) {
    if (!absl::ConsumePrefix(&digits, "0") && !international) return false;
    return digits.size() == 9 || digits.size() == 10;
  }

  const PlainText text_;
  std::vector<Finding> findings_;
};

}  // namespace

absl::string_view NameOf(IdentifierKind kind) {
  switch (kind) {
    case IdentifierKind::kNhsNumber:
      return "NHS number";
    case IdentifierKind::kUniquePupilNumber:
      return "unique pupil number";
    case IdentifierKind::kNationalInsuranceNumber:
      return "National Insurance number";
    case IdentifierKind::kPncIdentifier:
      return "PNC identifier";
    case IdentifierKind::kCroNumber:
      return "CRO number";
    case IdentifierKind::kPostcode:
      return "postcode";
    case IdentifierKind::kDateOfBirth:
      return "date of birth";
    case IdentifierKind::kTelephone:
      return "telephone number";
    case IdentifierKind::kEmail:
      return "e-mail address";
  }
  return "identifier";
}

std::vector<Finding> ScreenNarrative(absl::string_view text) {
  Screen screen(text);
  screen.FindNhsNumbers();
  screen.FindPupilNumbers();
  screen.FindNationalInsuranceNumbers();
  screen.FindPncIdentifiers();
  screen.FindCroNumbers();
  screen.FindPostcodes();
  screen.FindDatesOfBirth();
  screen.FindTelephones();
  screen.FindEmails();
  return std::move(screen).Take();
}

}  // namespace concordat::domain
