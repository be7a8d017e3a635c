using System.Text;
using Cairn.Llb;
using Cairn.Protos.Errdefs;
using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Wire.Errors;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using GoogleStatus = Cairn.Protos.GoogleRpc.Status;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Daemon.Tests.Errors;

public sealed class ErrorStatusTests
{
    private static readonly Digest Vertex = Digest.Sha256("vertex"u8);

    [Fact]
    public void A_failed_step_travels_with_its_vertex_and_its_source()
    {
        BuildException error = Failed();
        RpcStatus wire = ErrorStatus.Of(error).With(new ExitMessage { Code = 3 }).ToRpc();

        Assert.Equal(StatusCode.Unknown, wire.Code);
        StatusException back = ErrorStatus.From(wire).ToException();
        Assert.Equal(error.Message, back.Message);
        Assert.Equal(Vertex, back.Vertex);
        SourceLocation source = Assert.Single(back.Sources);
        Assert.Equal("Dockerfile", source.FileName);
        Assert.Equal(new SourceRange(2, 0, 2, 9), Assert.Single(source.Ranges));
        Assert.Equal("FROM x\nRUN false\n", Encoding.UTF8.GetString(source.Content.Span));
        Assert.Equal(3u, Assert.Single(back.Status.Details.OfType<ExitMessage>()).Code);
    }

    [Fact]
    public void Details_have_the_form_that_stock_clients_read()
    {
        GoogleStatus status = ErrorStatus.Of(Failed()).With(new ExitMessage { Code = 3 }).ToMessage();

        Assert.Equal(
            ["github.com/moby/buildkit/errdefs.Vertex+json", "github.com/moby/buildkit/errdefs.Source+json", "github.com/moby/buildkit/gatewayapi.ExitMessage+json"],
            status.Details.Select(d => d.TypeUrl));
        Assert.Equal($$"""{"digest":"{{Vertex}}"}""", status.Details[0].Value.ToStringUtf8());
        Assert.Equal(
            """{"info":{"filename":"Dockerfile","data":"RlJPTSB4ClJVTiBmYWxzZQo=","language":"Dockerfile"},"ranges":[{"start":{"line":2},"end":{"line":2,"character":9}}]}""",
            status.Details[1].Value.ToStringUtf8());
        Assert.Equal("""{"Code":3}""", status.Details[2].Value.ToStringUtf8());
    }

    [Fact]
    public void The_failed_op_has_protobufs_own_mapping()
    {
        var solve = new Solve { Op = new Pb.Op { Exec = new Pb.ExecOp { Meta = new Pb.Meta { Args = { "false" } } } } };
        solve.InputIDs.Add("id1");
        Any packed = ErrorDetails.Pack(solve);

        Assert.Contains("\"inputIDs\"", packed.Value.ToStringUtf8(), StringComparison.Ordinal);
        Assert.Equal(solve, ErrorDetails.Unpack(packed));
    }

    [Fact]
    public void An_unknown_detail_passes_through_unchanged()
    {
        var strange = new Any { TypeUrl = "example.org/strange", Value = Google.Protobuf.ByteString.CopyFromUtf8("x") };
        var status = new GoogleStatus { Code = 5, Message = "no such job x" };
        status.Details.Add(strange);

        ErrorStatus read = ErrorStatus.From(ErrorStatus.From(status).ToRpc());

        Assert.Equal(StatusCode.NotFound, read.Code);
        Assert.Equal(strange, Assert.Single(read.ToMessage().Details));
    }

    [Fact]
    public void A_detail_that_is_not_what_it_says_is_kept_as_it_came()
    {
        var broken = new Any { TypeUrl = "github.com/moby/buildkit/errdefs.Source+json", Value = Google.Protobuf.ByteString.CopyFromUtf8("{\"ranges\":5}") };
        Assert.Same(broken, ErrorDetails.Unpack(broken));
    }

    [Fact]
    public void What_another_process_told_keeps_its_code_and_details_when_it_is_told_again()
    {
        StatusException remote = new ErrorStatus(StatusCode.NotFound, "gone", [new Subrequest { Name = "x" }]).ToException();
        ErrorStatus again = ErrorStatus.Of(remote.WithVertex(Vertex));

        Assert.Equal(StatusCode.NotFound, again.Code);
        Assert.Single(again.Details.OfType<Subrequest>());
        Assert.Single(again.Details.OfType<Vertex>());
    }

    private static BuildException Failed() =>
        new BuildException(ErrorKind.Input, "", "", "process \"false\" did not complete successfully: exit code: 3")
            .WithVertex(Vertex)
            .WithSource(new SourceLocation("Dockerfile", Encoding.UTF8.GetBytes("FROM x\nRUN false\n"), [new SourceRange(2, 0, 2, 9)], "Dockerfile"));
}
