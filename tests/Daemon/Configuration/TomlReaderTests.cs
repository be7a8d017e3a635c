using Cairn.Daemon.Configuration;
using Cairn.Llb;
using Xunit;

namespace Cairn.Daemon.Tests.Configuration;

public sealed class TomlReaderTests
{
    [Fact]
    public void Values_of_all_kinds_are_read()
    {
        TomlTable root = TomlReader.Read("f", """
            # a comment
            text = "a\tb\u00e9" # behind a value
            literal = 'C:\x'
            number = 1_000
            hex = 0xff
            real = 1.5e3
            yes = true
            "quoted key" = -3
            dotted.name = "deep"
            list = [ "a",
              "b", # inside
            ]
            inline = { x = 1, y.z = "2" }
            long = '''
            one
            two'''

            [table."docker.io"]
            http = true

            [[rule]]
            all = true
            [[rule]]
            all = false
            """);

        Assert.Equal("a\tbé", root.TryGet("text")!.Value);
        Assert.Equal(2, root.TryGet("text")!.Line);
        Assert.Equal("C:\\x", root.TryGet("literal")!.Value);
        Assert.Equal(1000L, root.TryGet("number")!.Value);
        Assert.Equal(255L, root.TryGet("hex")!.Value);
        Assert.Equal(1500.0, root.TryGet("real")!.Value);
        Assert.Equal(true, root.TryGet("yes")!.Value);
        Assert.Equal(-3L, root.TryGet("quoted key")!.Value);
        Assert.Equal("deep", Table(root, "dotted").TryGet("name")!.Value);
        Assert.Equal(["a", "b"], Assert.IsType<List<object>>(root.TryGet("list")!.Value));
        Assert.Equal("2", Table(Table(root, "inline"), "y").TryGet("z")!.Value);
        Assert.Equal("one\ntwo", root.TryGet("long")!.Value);
        Assert.Equal(true, Table(Table(root, "table"), "docker.io").TryGet("http")!.Value);
        Assert.Equal([true, false], Assert.IsType<List<TomlTable>>(root.TryGet("rule")!.Value).Select(r => r.TryGet("all")!.Value));
    }

    [Theory]
    [InlineData("a = ", "f:1")]
    [InlineData("\n\na = nonsense", "f:3")]
    [InlineData("a = 1\na = 2", "f:2")]
    [InlineData("[t]\n[t]", "f:2")]
    [InlineData("a = \"open", "f:1")]
    [InlineData("a = [1, 2", "f:1")]
    [InlineData("a = 1 b = 2", "f:1")]
    [InlineData("[t\na=1", "f:1")]
    [InlineData("a = \"\\q\"", "f:1")]
    [InlineData("= 1", "f:1")]
    [InlineData("a = 1\n[a.b]", "f:2")]
    public void What_is_no_TOML_is_refused_with_its_line(string text, string place) =>
        Assert.Contains(place, Assert.Throws<BuildException>(() => TomlReader.Read("f", text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Random_text_is_read_or_refused_and_nothing_else()
    {
        const string Alphabet = "ab=\"'[]{}#.,\\\n 1-tu0x";
        var random = new Random(20260);
        for (int i = 0; i < 20_000; i++)
        {
            string text = new([.. Enumerable.Range(0, random.Next(40)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            try
            {
                TomlReader.Read("f", text);
            }
            catch (BuildException)
            {
                // Refused.
            }
        }
    }

    private static TomlTable Table(TomlTable table, string name) => Assert.IsType<TomlTable>(table.TryGet(name)!.Value);
}
