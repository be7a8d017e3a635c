using System.Text.Json;
using Cairn.Llb.Dumping;
using Cairn.Protos.Pb;
using Xunit;

namespace Cairn.Llb.Tests;

public class DumpTests
{
    [Fact]
    public void Every_golden_definition_is_shown_with_its_digests()
    {
        foreach (JsonElement entry in Golden.Index().EnumerateArray())
        {
            Definition definition = Definition.Parser.ParseFrom(Golden.Definition(entry.GetProperty("name").GetString()!));

            JsonElement ops = JsonDocument.Parse(LlbDump.ToJson(definition)).RootElement.GetProperty("ops");

            Assert.Equal(
                entry.GetProperty("op_digests").EnumerateArray().Select(digest => digest.GetString()),
                ops.EnumerateArray().Select(op => op.GetProperty("digest").GetString()));
        }
    }

    [Fact]
    public void Json_shows_operation_metadata_and_place()
    {
        Definition definition = Definition.Parser.ParseFrom(Golden.Definition("source-map"));

        JsonElement op = JsonDocument.Parse(LlbDump.ToJson(definition)).RootElement.GetProperty("ops")[0];

        Assert.Equal("docker-image://docker.io/library/busybox:latest", op.GetProperty("op").GetProperty("source").GetProperty("identifier").GetString());
        Assert.True(op.GetProperty("metadata").GetProperty("caps").GetProperty("source.image").GetBoolean());
        Assert.Equal("Dockerfile", op.GetProperty("locations")[0].GetProperty("file").GetString());
        Assert.Equal(1, op.GetProperty("locations")[0].GetProperty("ranges")[0].GetProperty("start").GetProperty("line").GetInt32());
    }

    [Fact]
    public void A_drawing_has_each_vertex_and_edge_once()
    {
        string dot = LlbDump.ToDot(Definition.Parser.ParseFrom(Golden.Definition("exec-mount-outputs")));

        Assert.Equal(4, dot.Split("[label=\"").Length - 1 - 2);   // two edges name their output
        Assert.Equal(5, dot.Split(" -> ").Length - 1);
        Assert.Contains("[label=\"copy /m /m, copy /n /n\", style=bold];", dot, StringComparison.Ordinal);
        Assert.Equal("digraph llb {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n}\n", LlbDump.ToDot(new Definition()));
    }
}
