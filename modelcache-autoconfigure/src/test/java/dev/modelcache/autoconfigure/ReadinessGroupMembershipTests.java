/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.web.AdditionalPathsMapper;
import org.springframework.boot.actuate.endpoint.web.WebServerNamespace;
import org.springframework.boot.health.actuate.endpoint.AdditionalHealthEndpointPath;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroup;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroups;
import org.springframework.core.Ordered;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.withSettings;

/**
 * Tests for {@link ReadinessGroupMembership}.
 */
class ReadinessGroupMembershipTests {

	private final HealthEndpointGroup readiness = mock(HealthEndpointGroup.class);

	private final HealthEndpointGroup liveness = mock(HealthEndpointGroup.class);

	private final HealthEndpointGroup primary = mock(HealthEndpointGroup.class);

	private final HealthEndpointGroups groups = new ReadinessGroupMembership("modelCache", Set.of())
		.postProcessHealthEndpointGroups(
				HealthEndpointGroups.of(this.primary, Map.of("readiness", this.readiness, "liveness", this.liveness)));

	@Test
	void contributorIsAMemberOfReadinessBesideTheOthers() {
		given(this.readiness.isMember("readinessState")).willReturn(true);
		assertThat(this.groups.get("readiness")).satisfies((group) -> {
			assertThat(group.isMember("modelCache")).isTrue();
			assertThat(group.isMember("readinessState")).isTrue();
			assertThat(group.isMember("db")).isFalse();
		});
	}

	@Test
	void livenessAndThePrimaryGroupAreLeftAlone() {
		assertThat(this.groups.get("liveness")).isSameAs(this.liveness);
		assertThat(this.groups.getPrimary()).isSameAs(this.primary);
		assertThat(this.groups.getNames()).containsExactlyInAnyOrder("readiness", "liveness");
	}

	@Test
	void groupThatIsNotThereIsNotInvented() {
		HealthEndpointGroups none = new ReadinessGroupMembership("modelCache", Set.of())
			.postProcessHealthEndpointGroups(HealthEndpointGroups.of(this.primary, Map.of()));
		assertThat(none.get("readiness")).isNull();
	}

	@Test
	void everythingElseIsTheConfiguredGroups() {
		given(this.readiness.showDetails(any())).willReturn(true);
		given(this.readiness.showComponents(any())).willReturn(true);
		assertThat(this.groups.get("readiness")).satisfies((group) -> {
			assertThat(group.showDetails(null)).isTrue();
			assertThat(group.showComponents(null)).isTrue();
			assertThat(group.getStatusAggregator()).isSameAs(this.readiness.getStatusAggregator());
			assertThat(group.getHttpCodeStatusMapper()).isSameAs(this.readiness.getHttpCodeStatusMapper());
			assertThat(group.getAdditionalPath()).isSameAs(this.readiness.getAdditionalPath());
		});
	}

	@Test
	void contributorIsAMemberOfReadinessAtItsAdditionalPathToo() {
		AdditionalHealthEndpointPath path = AdditionalHealthEndpointPath.from("server:/readyz");
		given(this.readiness.getAdditionalPath()).willReturn(path);
		assertThat(this.groups.get(path)).satisfies((group) -> assertThat(group.isMember("modelCache")).isTrue());
		assertThat(this.groups.getAllWithAdditionalPath(WebServerNamespace.SERVER)).singleElement()
			.satisfies((group) -> assertThat(group.isMember("modelCache")).isTrue());
	}

	@Test
	void groupsKeepEveryInterface() {
		HealthEndpointGroups paths = mock(HealthEndpointGroups.class,
				withSettings().extraInterfaces(AdditionalPathsMapper.class, Ordered.class));
		given(((AdditionalPathsMapper) paths).getAdditionalPaths(any(), any())).willReturn(List.of("/readyz"));
		HealthEndpointGroups groups = new ReadinessGroupMembership("modelCache", Set.of())
			.postProcessHealthEndpointGroups(paths);
		assertThat(groups).isInstanceOf(Ordered.class)
			.isInstanceOfSatisfying(AdditionalPathsMapper.class,
					(mapper) -> assertThat(
							mapper.getAdditionalPaths(EndpointId.of("health"), WebServerNamespace.SERVER))
						.containsExactly("/readyz"));
	}

	@Test
	void readinessGroupKeepsEveryInterface() {
		HealthEndpointGroup readiness = mock(HealthEndpointGroup.class, withSettings().extraInterfaces(Ordered.class));
		assertThat(new ReadinessGroupMembership("modelCache", Set.of())
			.postProcessHealthEndpointGroups(HealthEndpointGroups.of(this.primary, Map.of("readiness", readiness)))
			.get("readiness")).isInstanceOf(Ordered.class);
	}

	@Test
	void exceptionOfTheConfiguredGroupsIsThrownAsItIs() {
		HealthEndpointGroups broken = mock(HealthEndpointGroups.class);
		given(broken.getNames()).willThrow(new UnsupportedOperationException("broken"));
		HealthEndpointGroups groups = new ReadinessGroupMembership("modelCache", Set.of())
			.postProcessHealthEndpointGroups(broken);
		assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(groups::getNames);
	}

}
