using Xunit;

namespace Cairn.Llb.Tests;

public class BuildExceptionTests
{
    [Fact]
    public void The_message_says_what_with_what_and_why()
    {
        Assert.Equal("failed to pull blob x: silence", new BuildException(ErrorKind.Environment, "pull blob", "x", "silence").Message);
        Assert.Equal("failed to load LLB: invalid", new BuildException(ErrorKind.Input, "load LLB", "", "invalid").Message);
        Assert.Equal("a whole sentence", new BuildException(ErrorKind.Input, "", "", "a whole sentence").Message);
    }

    [Fact]
    public void Outer_layers_add_vertex_and_source_and_keep_the_cause()
    {
        var cause = new BuildException(ErrorKind.Input, "", "", "exit code: 7", "Look at the log.");
        Digest first = Digest.Sha256("1"u8);
        var place = new SourceLocation("Dockerfile", "FROM x\n"u8.ToArray(), [SourceRange.Lines(1, 1)]);

        BuildException told = cause.WithVertex(first).WithSource(place).WithVertex(Digest.Sha256("2"u8));

        Assert.Equal(cause.Message, told.Message);
        Assert.Equal(cause.Remedy, told.Remedy);
        Assert.Equal(first, told.Vertex);
        Assert.Equal([place], told.Sources);
        Assert.Same(cause, told.GetBaseException());
    }
}
