package dev.modelcache.sample;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Answers with the model's facts once there is a model, and with 503 and its status until
 * then.
 */
@RestController
class ModelController {

	/** The id of the model that the top-level keys describe. */
	private static final String MODEL = "default";

	private final ModelCache modelCache;

	ModelController(ModelCache modelCache) {
		this.modelCache = modelCache;
	}

	@GetMapping("/model")
	ResponseEntity<ModelView> model() {
		ModelStatus status = this.modelCache.status(MODEL);
		boolean ready = status.state() == ModelState.READY;
		return ResponseEntity.status(ready ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE).body(ModelView.of(status));
	}

}
