using Cairn.Llb;
using Xunit;

namespace Cairn.Frontend.Dockerfile.Tests;

public sealed class LintTests
{
    [Theory]
    [InlineData("FROM scratch AS Base\n", "StageNameCasing: Stage name 'Base' should be lowercase (line 1)")]
    [InlineData("FROM scratch as base\n", "FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 1)")]
    [InlineData("FROM scratch\nLABEL a=b \\\n\n  c=d\n", "NoEmptyContinuation: Empty continuation line (line 3)")]
    [InlineData("FROM scratch\nCOPY a /\ncopy b /\n", "ConsistentInstructionCasing: Command 'copy' should match the case of the command majority (uppercase) (line 3)")]
    [InlineData("FROM scratch AS a\nFROM scratch AS a\n", "DuplicateStageName: Duplicate stage name \"a\", stage names should be unique (line 2)")]
    [InlineData("FROM scratch AS context\n", "ReservedStageName: Stage name should not use the same name as reserved stage \"context\" (line 1)")]
    [InlineData("FROM scratch\nCMD a\n", "JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals (line 2)")]
    [InlineData("FROM scratch\nMAINTAINER a\n", "MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 2)")]
    [InlineData("FROM scratch$X\n", "UndefinedArgInFrom: FROM argument 'X' is not declared (line 1)")]
    [InlineData("FROM scratch\nWORKDIR a\n", "WorkdirRelativePath: Relative workdir \"a\" can have unexpected results if the base image changes (line 2)")]
    [InlineData("FROM scratch\nENV NAME=x\nCOPY $NAMe /\n", "UndefinedVar: Usage of undefined variable '$NAMe' (line 3)")]
    [InlineData("FROM scratch\nENV NAME=x\nCOPY $NAMES /\n", "UndefinedVar: Usage of undefined variable '$NAMES' (did you mean $NAME?) (line 3)")]
    [InlineData("FROM scratch\nCMD [\"a\"]\nCMD [\"b\"]\n", "MultipleInstructionsDisallowed: Multiple CMD instructions should not be used in the same stage because only the last one will be used (line 2)")]
    [InlineData("FROM scratch\nENV a b\n", "LegacyKeyValueFormat: \"ENV key=value\" should be used instead of legacy \"ENV key value\" format (line 2)")]
    [InlineData("FROM --platform=$TARGETPLATFORM scratch\n", "RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior (line 1)")]
    [InlineData("FROM scratch\nARG DB_PASSWORD\n", "SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG \"DB_PASSWORD\") (line 2)")]
    [InlineData("FROM --platform=linux/amd64 scratch\n", "FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value \"linux/amd64\" (line 1)")]
    [InlineData("FROM scratch\nCOPY ign/x /\n", "CopyIgnoredFile: Attempting to Copy file \"ign/x\" that is excluded by .dockerignore (line 2)")]
    [InlineData("# check=experimental=all\nFROM scratch\n# other words\nARG A=1\n", "InvalidDefinitionDescription: Comment for ARG should follow the format: `# A <description>` (line 4)")]
    [InlineData("FROM scratch\nEXPOSE 80/TCP\n", "ExposeProtoCasing: Defined protocol '80/TCP' in EXPOSE instruction should be lowercase (line 2)")]
    [InlineData("FROM scratch\nEXPOSE 127.0.0.1:8080:80\n", "ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '127.0.0.1:8080:80' (line 2)")]
    public async Task What_should_be_changed_is_told(string dockerfile, string warning) =>
        Assert.Contains(warning, await Warnings(dockerfile));

    [Fact]
    public async Task A_base_that_has_no_name_by_default_is_told() => Assert.Equal(
        ["InvalidDefaultArgInFrom: Default value for ARG image:$V results in empty or invalid base image name (line 2)"],
        await Warnings("ARG V\nFROM image:$V\n", "build-arg:V", "1"));

    [Theory]
    [InlineData("FROM scratch AS build\nCOPY a /\nFROM build\nCMD [\"a\"]\n")]
    [InlineData("FROM busybox AS base-amd64\nSHELL [\"/bin/sh\", \"-c\"]\nCMD a\nWORKDIR /a\nWORKDIR b\n")]
    [InlineData("ARG V=1\nFROM image:$V\nARG V\nENV A=$V B=${C:-x}\n# words\nARG D\nENV E=$D\n")]
    [InlineData("FROM --platform=linux/amd64 scratch AS amd64-build\nEXPOSE 80 443/udp\nRUN echo $UNKNOWN\nARG KEY_FILE\n")]
    public async Task What_is_right_is_not_complained_about(string dockerfile) => Assert.Empty(await Warnings(dockerfile, "target", "0"));

    [Theory]
    [InlineData("# check=skip=all\nFROM scratch AS Base\nCMD a\n")]
    [InlineData("# check=skip=StageNameCasing,JSONArgsRecommended\nFROM scratch AS Base\nCMD a\n")]
    [InlineData("FROM scratch\n# check=skip=JSONArgsRecommended\nCMD a\n")]
    [InlineData("# words\n\n# check=skip=JSONArgsRecommended\nFROM scratch\nCMD a\n")]
    public async Task Rules_can_be_skipped(string dockerfile) => Assert.Empty(await Warnings(dockerfile));

    [Fact]
    public async Task Options_of_the_build_replace_those_of_the_file() =>
        Assert.NotEmpty(await Warnings("# check=skip=all\nFROM scratch\nCMD a\n", "build-arg:BUILDKIT_DOCKERFILE_CHECK", "skip=StageNameCasing"));

    [Fact]
    public async Task Warnings_can_be_errors()
    {
        BuildException error = await Assert.ThrowsAsync<BuildException>(
            () => Warnings("# check=error=true\nFROM scratch AS Base\nCMD a\nCMD b\n"));

        Assert.Equal("lint violation found for rules: JSONArgsRecommended, MultipleInstructionsDisallowed, StageNameCasing", error.Message);
    }

    [Fact]
    public async Task A_warning_explains_itself_and_is_shown_where_the_file_is_loaded()
    {
        var host = new GoldenHost("FROM scratch AS Base\n");
        await DockerfileFrontend.BuildAsync(host, new Dictionary<string, string>(), TestContext.Current.CancellationToken);

        DockerfileWarning warning = Assert.Single(host.Warnings);
        Assert.Equal("https://docs.docker.com/go/dockerfile/rule/stage-name-casing/", warning.Url);
        Assert.Equal("Stage names should be lowercase", warning.Description);
        Assert.Equal("sha256:dfaa7633ceac9af55b679a66ce3cd3f65fc2d61abfad76e43b5698cf8cfcd02c", warning.Vertex.ToString());
    }

    [Theory]
    [InlineData("FROM scratch\nCMD a\n", "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/")]
    public async Task Page_names_are_in_kebab_case(string dockerfile, string url)
    {
        var host = new GoldenHost(dockerfile);
        await DockerfileFrontend.BuildAsync(host, new Dictionary<string, string>(), TestContext.Current.CancellationToken);

        Assert.Equal(url, Assert.Single(host.Warnings).Url);
    }

    [Fact]
    public async Task Several_platforms_warn_once() =>
        Assert.Single(await Warnings("FROM scratch\nWORKDIR a\n", "platform", "linux/amd64,linux/arm64"));

    private static async Task<IReadOnlyList<string>> Warnings(string dockerfile, string option = "filename", string value = "Dockerfile")
    {
        GoldenHost host = new GoldenHost(dockerfile).With(".dockerignore", "ign\n");
        await DockerfileFrontend.BuildAsync(
            host, new Dictionary<string, string> { [option] = value }, TestContext.Current.CancellationToken);
        return [.. host.Warnings.Select(warning => warning.Short)];
    }
}
