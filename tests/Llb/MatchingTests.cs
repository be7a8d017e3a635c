using Cairn.Llb.Matching;
using Xunit;

namespace Cairn.Llb.Tests;

public class MatchingTests
{
    [Theory]
    [InlineData("abc", "abc", true)]
    [InlineData("*", "abc", true)]
    [InlineData("*c", "abc", true)]
    [InlineData("a*", "a", true)]
    [InlineData("a*", "ab/c", false)]
    [InlineData("a*/b", "abc/b", true)]
    [InlineData("a*/b", "a/c/b", false)]
    [InlineData("a*b*c*d*e*/f", "axbxcxdxe/f", true)]
    [InlineData("a*b?c*x", "abxbbxdbxebxczzx", true)]
    [InlineData("a*b?c*x", "abxbbxdbxebxczzy", false)]
    [InlineData("ab[c]", "abc", true)]
    [InlineData("ab[b-d]", "abc", true)]
    [InlineData("ab[^b-d]", "abc", false)]
    [InlineData("a\\*b", "a*b", true)]
    [InlineData("a\\*b", "axb", false)]
    [InlineData("a?b", "a☺b", true)]
    [InlineData("a[^a]b", "a☺b", true)]
    [InlineData("a?b", "a/b", false)]
    [InlineData("a?b", "a😀b", true)]
    [InlineData("[\\-x]", "-", true)]
    [InlineData("[x\\-]", "z", false)]
    [InlineData("[a-ζ]*", "α", true)]
    [InlineData("", "", true)]
    [InlineData("", "x", false)]
    public void A_shell_pattern_matches_whole_names(string pattern, string name, bool expected) =>
        Assert.Equal(expected, GoPathMatch.IsMatch(pattern, name));

    [Theory]
    [InlineData("[]a]")]
    [InlineData("[-]")]
    [InlineData("[x-]")]
    [InlineData("[-x]")]
    [InlineData("[a-b-c]")]
    [InlineData("[")]
    [InlineData("[^bc")]
    [InlineData("a[")]
    [InlineData("\\")]
    public void A_malformed_pattern_is_refused(string pattern)
    {
        Assert.False(GoPathMatch.TryMatch(pattern, "a", out _));
        Assert.Throws<BuildException>(() => new PatternMatcher([pattern]));
    }

    [Theory]
    [InlineData("**", "file", true)]
    [InlineData("**/", "dir/file", true)]
    [InlineData("a/**", "a", false)]
    [InlineData("a/**", "a/b/c", true)]
    [InlineData("**/file", "file", true)]
    [InlineData("**/file", "a/b/file", true)]
    [InlineData("**/file", "a/bfile", false)]
    [InlineData("dir/**/file", "dir/file", true)]
    [InlineData("dir/**/file", "dir/a/b/file", true)]
    [InlineData("**/dir2/*", "dir/dir2/x", true)]
    [InlineData("**/dir2/**", "dir/dir2/x/y", true)]
    [InlineData("a**b", "ax/b", true)]
    [InlineData("a**/b", "a/x/b", true)]
    [InlineData("dir", "dir/file", true)]
    [InlineData("dir", "direct", false)]
    [InlineData("d?r", "dir/file", true)]
    [InlineData("*/file", "dir/file", true)]
    [InlineData("*/file", "a/dir/file", false)]
    [InlineData("*.txt", "a.txt", true)]
    [InlineData("*.txt", "d/a.txt", false)]
    [InlineData("./dir/", "dir/x", true)]
    [InlineData("a.|)$(}+{bc", "a.|)$(}+{bc", true)]
    [InlineData("a.c", "abc", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("dir/\\*", "dir/*", true)]
    [InlineData("dir/\\*", "dir/x", false)]
    public void A_pattern_list_matches_paths_and_what_is_below(string pattern, string path, bool expected)
    {
        var matcher = new PatternMatcher([pattern]);

        Assert.Equal(expected, matcher.IsMatch(path));
        Assert.Equal(expected, MatchInWalk(matcher, path));
    }

    [Theory]
    [InlineData("a b !a/x", "a/x", false)]
    [InlineData("a !a/x", "a/x/y", false)]
    [InlineData("a !a/x a/x/y", "a/x/y", true)]
    [InlineData("!a a", "a", true)]
    [InlineData("* !keep", "keep", false)]
    [InlineData("* !keep", "keep/x", false)]
    [InlineData("* !keep", "other", true)]
    [InlineData("**/*.go !**/main.go", "cmd/main.go", false)]
    [InlineData("**/*.go !**/main.go", "cmd/x.go", true)]
    [InlineData("docs !docs/README*", "docs/README.md", false)]
    public void The_last_pattern_that_applies_decides(string patterns, string path, bool expected)
    {
        var matcher = new PatternMatcher(patterns.Split(' '));

        Assert.Equal(expected, matcher.IsMatch(path));
        Assert.Equal(expected, MatchInWalk(matcher, path));
    }

    [Fact]
    public void A_lone_exclamation_mark_is_refused_and_blanks_are_skipped()
    {
        Assert.Throws<BuildException>(() => new PatternMatcher(["!"]));
        Assert.True(new PatternMatcher(["", "  "]).IsEmpty);
        Assert.False(new PatternMatcher([]).IsMatch("a"));
    }

    [Theory]
    [InlineData("a/b/*", "a", true)]
    [InlineData("a/b/*", "a/b", true)]
    [InlineData("a/b/*", "c", false)]
    [InlineData("**/x", "c/d", true)]
    [InlineData("*/x", "c/y", false)]
    [InlineData("a", "a/b", true)]
    public void A_walk_can_leave_out_directories_where_nothing_matches(string pattern, string directory, bool expected)
    {
        Assert.Equal(expected, new PatternMatcher([pattern]).CanMatchBelow(directory));
        Assert.Equal(expected, new PatternMatcher(["z", "!" + pattern]).CanBeTakenBackBelow(directory));
    }

    [Fact]
    public void Many_stars_take_linear_time()
    {
        string pattern = string.Concat(Enumerable.Repeat("*a**/", 200)) + "b";
        Assert.False(new PatternMatcher([pattern]).IsMatch(string.Concat(Enumerable.Repeat("aa/", 300)) + "c"));
    }

    [Theory]
    [InlineData("", ".")]
    [InlineData("a//b/./c/..", "a/b")]
    [InlineData("../../a", "../../a")]
    [InlineData("/../a", "/a")]
    [InlineData("a/..", ".")]
    [InlineData("/", "/")]
    public void Paths_are_cleaned(string path, string clean) => Assert.Equal(clean, UnixPath.Clean(path));

    [Fact]
    public void Paths_are_taken_apart()
    {
        Assert.Equal(["c", "c", "/", "."], new[] { "a/b/c", "c/", "//", "" }.Select(UnixPath.Base));
        Assert.Equal(["a/b", "/", ".", "a"], new[] { "a/b/c", "/c", "c", "a/" }.Select(UnixPath.Directory));
        Assert.Equal("/a/c", UnixPath.Join("/a", "", "b/..", "c"));
    }

    private static bool MatchInWalk(PatternMatcher matcher, string path)
    {
        PatternMatch? parent = null;
        string[] parts = path.Split('/');
        for (int i = 1; i <= parts.Length; i++)
        {
            parent = matcher.Match(string.Join('/', parts[..i]), parent);
        }

        return parent!.IsMatch;
    }
}
