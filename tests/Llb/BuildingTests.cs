using Cairn.Llb.Building;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Xunit;

namespace Cairn.Llb.Tests;

public class BuildingTests
{
    public static TheoryData<string> Names => [.. Golden.DefinitionNames()];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_described_graph_has_the_bytes_of_the_reference_client(string name)
    {
        Definition built = GoldenGraphs.Build(name);

        Definition expected = Definition.Parser.ParseFrom(Golden.Definition(name));
        Assert.Equal(expected.Def.Select(Op.Parser.ParseFrom), built.Def.Select(Op.Parser.ParseFrom));
        Assert.Equal(expected.Metadata, built.Metadata);
        Assert.Equal(Golden.Definition(name), WireEncoding.Encode(built));
    }

    [Fact]
    public void A_local_source_without_any_id_is_never_the_same_twice()
    {
        State local = State.Local("context");

        Assert.NotEqual(WireEncoding.Encode(local.Marshal()), WireEncoding.Encode(local.Marshal()));
    }

    [Fact]
    public void A_chain_of_ten_thousand_runs_is_written()
    {
        State state = State.Image("busybox");
        for (int i = 0; i < 10_000; i++)
        {
            state = state.Run("true");
        }

        Assert.Equal(10_002, state.Marshal().Def.Count);
    }

    [Fact]
    public void Default_path_is_set_for_daemons_that_do_not_set_it()
    {
        Definition definition = State.Image("busybox").Run("true").Marshal(new MarshalOptions { Capabilities = new HashSet<string>() });

        Assert.StartsWith("PATH=/usr/local/sbin:", Op.Parser.ParseFrom(definition.Def[1]).Exec.Meta.Env.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_described_is_refused()
    {
        Assert.Throws<BuildException>(() => State.Image("Not An Image"));
        Assert.Throws<BuildException>(() => State.Scratch.Run());
        Assert.Throws<BuildException>(() => State.Image("x").Run(new RunOptions { Arguments = ["true"] }).Mount("/nowhere"));
        Assert.Throws<BuildException>(() => State.Git("ftp://example.com/x"));
        Assert.Throws<BuildException>(() => State.Git("example.com"));
        Assert.Throws<BuildException>(() => State.Scratch.Requires("id", State.Image("x")));
    }
}
