using System.Text;
using System.Text.Json;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Xunit;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Tests;

public sealed class GoldenTests
{
    public static TheoryData<string> Names { get; } =
        [.. Directory.GetFiles(Golden.Directory, "*.Dockerfile")
            .Select(path => Path.GetFileName(path)[..^".Dockerfile".Length])
            .Where(name => !Golden.Exists($"{name}.error.json"))
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_definition_and_the_config_equal_those_of_the_reference(string name)
    {
        FrontendResult result = (await DockerfileFrontend.BuildAsync(
            new GoldenHost(Golden.Read($"{name}.Dockerfile")), Options(name), TestContext.Current.CancellationToken))!;

        Assert.Equal(result.IsMultiPlatform, result.Platforms.Count > 1);
        foreach (PlatformResult platform in result.Platforms)
        {
            string suffix = result.IsMultiPlatform ? "." + platform.Platform.Format().Replace('/', '-') : "";
            Assert.Equal(Encoding.UTF8.GetString(Golden.Read($"{name}.config{suffix}.json")), Encoding.UTF8.GetString(platform.Config));
            AssertSame(Golden.Read($"{name}{suffix}.pb"), WithNumberedGroups(platform.Definition));
        }
    }

    [Fact]
    public async Task A_comment_ends_the_directives()
    {
        using JsonDocument expected = JsonDocument.Parse(Golden.Read("d25-escape-directives.error.json"));

        BuildException error = await Assert.ThrowsAsync<BuildException>(() => DockerfileFrontend.BuildAsync(
            new GoldenHost(Golden.Read("d25-escape-directives.Dockerfile")), Options("d25"), TestContext.Current.CancellationToken));

        Assert.Equal(expected.RootElement.GetProperty("error").GetString(), $"failed to solve: {error.Message}");
        Assert.Equal([SourceRange.Lines(8, 8)], Assert.Single(error.Sources).Ranges);
    }

    private static Dictionary<string, string> Options(string name) => JsonSerializer.Deserialize<Dictionary<string, string>>(
        Golden.Exists($"{name}.opts.json")
            ? Golden.Read($"{name}.opts.json")
            : """{"build-arg:SOURCE_DATE_EPOCH":"0","platform":"linux/amd64"}"""u8)!;

    private static void AssertSame(byte[] expected, Pb.Definition actual)
    {
        if (!expected.AsSpan().SequenceEqual(WireEncoding.Encode(actual)))
        {
            Pb.Definition definition = Pb.Definition.Parser.ParseFrom(expected);
            Assert.Equal(Describe(definition), Describe(actual));   // says what differs
            Assert.Fail("the definitions have equal contents in different bytes");
        }
    }

    private static string Describe(Pb.Definition definition)
    {
        var text = new StringBuilder();
        foreach (Google.Protobuf.ByteString bytes in definition.Def)
        {
            Digest digest = Digest.Sha256(bytes.Span);
            Pb.Op op = Pb.Op.Parser.ParseFrom(bytes);
            text.AppendLine(op.ToString());
            text.AppendLine(definition.Metadata[digest.ToString()].ToString());
            text.AppendLine(definition.Source.Locations.TryGetValue(digest.ToString(), out Pb.Locations? at) ? at.ToString() : "-");
        }
        return text.AppendLine(definition.Source?.Infos.ToString() ?? "").ToString();
    }

    /// <summary>The golden definitions number the progress groups in op order; their ids are otherwise free.</summary>
    private static Pb.Definition WithNumberedGroups(Pb.Definition definition)
    {
        var numbers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Google.Protobuf.ByteString bytes in definition.Def)
        {
            Pb.ProgressGroup? group = definition.Metadata[Digest.Sha256(bytes.Span).ToString()].ProgressGroup;
            if (group is not null)
            {
                numbers.TryAdd(group.Id, $"progress-group-{numbers.Count}");
                group.Id = numbers[group.Id];
            }
        }
        return definition;
    }
}
